import {
  type Dataset,
  type DatasetImage,
  type Evaluation,
  type HeldBackAnswers,
  type Interval,
  likelyLabelErrors,
  notSureThreshold,
  type Prediction,
  predictionsOfAnswers,
  scorePredictions,
  wilsonInterval,
} from "@graft/core";

/** One picture that was held back, and what the model says of it. */
export interface Answered {
  readonly image: DatasetImage;
  /** Index of its class. */
  readonly truth: number;
  readonly prediction: Prediction;
}

/** What a run's model says of the pictures held back from it. */
export interface RunResult {
  readonly labels: readonly string[];
  readonly answered: readonly Answered[];
}

/** Stored answers with the pictures that they are of. */
export function resultOf(answers: HeldBackAnswers, dataset: Dataset): RunResult {
  const { labels } = answers;
  const images = new Map(dataset.images.toReversed().map((image) => [image.hash, image]));
  const predictions = predictionsOfAnswers(answers);
  const answered = answers.hashes.flatMap((hash, at): Answered[] => {
    const image = images.get(hash);
    const prediction = predictions[at];
    const truth = labels.indexOf(dataset.labels[image?.label ?? -1] ?? "");
    return image && prediction && truth >= 0 ? [{ image, prediction, truth }] : [];
  });
  return { labels, answered };
}

const truths = ({ answered }: RunResult): readonly number[] => answered.map(({ truth }) => truth);
const predictions = ({ answered }: RunResult): readonly Prediction[] =>
  answered.map(({ prediction }) => prediction);

export const isRight = ({ truth, prediction }: Answered): boolean => truth === prediction.label;

/** An evaluation, with how far the share of right answers is to be trusted. */
export function evaluated(
  result: RunResult,
): Evaluation & { readonly right: number; readonly interval: Interval } {
  const { labels, answered } = result;
  const right = answered.filter(isRight).length;
  return {
    ...scorePredictions(labels, truths(result), predictions(result)),
    right,
    interval: wilsonInterval(right, answered.length),
  };
}

/** A picture that was probably put into the wrong class. */
export interface Doubtful extends Answered {
  /** Index of the class that the model would give it. */
  readonly suggested: number;
}

/** The most doubtful first. */
export function doubtful(result: RunResult): readonly Doubtful[] {
  const found = likelyLabelErrors(result.labels.length, truths(result), predictions(result));
  return found.flatMap(({ position, suggested }) => {
    const answered = result.answered[position];
    return answered ? [{ ...answered, suggested }] : [];
  });
}

/** The surest first; of equal ones in their order. */
export function surest(answered: readonly Answered[]): readonly Answered[] {
  return [...answered].sort((a, b) => b.prediction.score - a.prediction.score);
}

/** What comes of saying "not sure" below a score: the three add up to all pictures. */
export interface ThresholdRow {
  readonly below: number;
  readonly right: number;
  readonly wrong: number;
  readonly notSure: number;
}

/** For 0 and each score that an answer has, where the three counts change; the lowest first. */
export function thresholdTable({ answered }: RunResult): readonly ThresholdRow[] {
  let right = answered.filter(isRight).length;
  let wrong = answered.length - right;
  let notSure = 0;
  const rows: ThresholdRow[] = [{ below: 0, right, wrong, notSure }];
  for (const one of surest(answered).toReversed()) {
    const { score } = one.prediction;
    if (score !== rows.at(-1)?.below) rows.push({ below: score, right, wrong, notSure });
    // below any higher score this one is not sure
    notSure++;
    if (isRight(one)) right--;
    else wrong--;
  }
  return rows;
}

/** The smallest score from which answers are right often enough. */
export const notSureFor = (result: RunResult, target: number) =>
  notSureThreshold(truths(result), predictions(result), target);
