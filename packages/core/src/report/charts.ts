import type { Calibration, CalibrationScore } from "../metrics/calibrate.ts";
import type { RocCurve } from "../metrics/roc.ts";
import { type Axis, chart, niceMarks, type Series } from "./chart.ts";
import { percent } from "./format.ts";
import { type Html, html } from "./html.ts";
import type { EvaluationReport, ReportEpoch } from "./types.ts";

const whole = (share: number): string => `${Math.round(100 * share)} %`;
const SHARES = { min: 0, max: 1, marks: [0, 0.25, 0.5, 0.75, 1], format: whole };

/** What a perfect calibration and plain guessing both look like. */
const DIAGONAL: Series = {
  name: "",
  look: "reference",
  points: [
    [0, 0],
    [1, 1],
  ],
};

type Measure = (epoch: ReportEpoch) => number | undefined;

/** Loss and accuracy over the epochs; nothing for a run that is not there. */
export function learningCurves({ epochs, keptEpoch, fineTunedFrom }: EvaluationReport): Html | null {
  const [first, last] = [epochs[0], epochs.at(-1)];
  if (!first || !last) return null;
  const x: Axis = {
    ...{ label: "epoch", min: first.epoch, max: last.epoch, format: String },
    marks: niceMarks(first.epoch, last.epoch).filter(Number.isInteger),
  };
  const markers = [
    ...(keptEpoch === undefined ? [] : [{ at: keptEpoch, label: "kept" }]),
    ...(fineTunedFrom === undefined ? [] : [{ at: fineTunedFrom - 0.5, label: "fine-tuning" }]),
  ];
  const draw = (title: string, train: Measure, held: Measure, y: (all: readonly number[]) => Axis): Html => {
    const pointsOf = (measure: Measure) =>
      epochs.flatMap((epoch): [number, number][] => {
        const value = measure(epoch);
        return value === undefined || !Number.isFinite(value) ? [] : [[epoch.epoch, value]];
      });
    const [training, validation] = [pointsOf(train), pointsOf(held)];
    const values = [...training, ...validation].map(([, value]) => value);
    const end = (points: readonly (readonly number[])[]) => points.at(-1)?.[1]?.toFixed(3) ?? "unknown";
    return chart({
      title,
      description: `${title} over ${epochs.length} epochs, at the end ${end(training)} in training and ${end(validation)} on validation images`,
      ...{ x, y: y(values), markers },
      series: [
        { name: "training", look: "first", points: training },
        { name: "validation", look: "second", points: validation },
      ],
    });
  };
  const lossAxis = (values: readonly number[]): Axis => {
    const max = 1.05 * Math.max(...values);
    const marks = niceMarks(0, max);
    return { label: "loss", min: 0, max, marks, format: (value) => String(value) };
  };
  const accuracyAxis = (values: readonly number[]): Axis => {
    const min = Math.max(0, Math.floor(10 * Math.min(...values)) / 10);
    return { label: "accuracy", min, max: 1, marks: niceMarks(min, 1), format: whole };
  };
  return html`<div class="charts">
    ${draw(
      "Loss",
      ({ loss }) => loss,
      ({ valLoss }) => valLoss,
      lossAxis,
    )}
    ${draw(
      "Accuracy",
      ({ accuracy }) => accuracy,
      ({ valAccuracy }) => valAccuracy,
      accuracyAxis,
    )}
  </div>`;
}

/** How often the model was right against how sure it was. */
export function reliabilityChart({ before, after }: Calibration): Html {
  const pointsOf = (score: CalibrationScore | null) =>
    (score?.bins ?? []).flatMap(({ confidence, accuracy }): [number, number][] =>
      confidence === null || accuracy === null ? [] : [[confidence, accuracy]],
    );
  const corrected = pointsOf(after);
  return chart({
    title: "Is it right as often as it is sure?",
    description: `Reliability diagram: expected calibration error ${percent(before.ece)}${
      after ? `, ${percent(after.ece)} with the temperature` : ""
    }; on the diagonal a model is right as often as it says`,
    x: { label: "how sure", ...SHARES },
    y: { label: "how often right", ...SHARES },
    bars: before.bins.flatMap(({ lower, upper, accuracy }) =>
      accuracy === null ? [] : [{ from: lower, to: upper, value: accuracy }],
    ),
    series: [
      DIAGONAL,
      { name: "as it says", look: "first", points: pointsOf(before), dots: true },
      ...(corrected.length > 0
        ? [{ name: "with the temperature", look: "second", points: corrected, dots: true } as const]
        : []),
    ],
  });
}

/** The trade of right against wrong positives for every threshold. */
export function rocChart({ points, auc }: RocCurve, positive: string): Html {
  return chart({
    title: `ROC curve of ${positive}`,
    description: `Receiver operating characteristic with ${positive} as the positive class, area ${auc.toFixed(3)}`,
    x: { label: `others said to be ${positive}`, ...SHARES },
    y: { label: `${positive} found`, ...SHARES },
    series: [
      DIAGONAL,
      {
        name: `area ${auc.toFixed(3)}`,
        look: "first",
        points: points.map(({ falsePositiveRate, truePositiveRate }) => [
          falsePositiveRate,
          truePositiveRate,
        ]),
      },
    ],
  });
}
