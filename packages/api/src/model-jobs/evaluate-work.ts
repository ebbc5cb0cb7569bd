import {
  CoreError,
  type Dataset,
  type DatasetImage,
  type EvaluationImages,
  evaluationImages,
  type Part,
  type Split,
} from "@graft/core";
import { type EvaluationView, evaluationView } from "../models/evaluation-view.ts";
import {
  checkEvaluated,
  partOf,
  picturesFor,
  type SidedPictures,
  sidedPictures,
} from "../models/labelled-pictures.ts";
import type { SentList } from "../models/sent-evaluation.ts";
import { sentFiles } from "../models/sent-files.ts";
import type { ServedRuns } from "../models/served-runs.ts";
import { trainingTold } from "../models/training-told.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { ScoringAsked } from "../ports/model-job-rows.ts";
import type { EvaluationPage, LabelledPictures, ModelEvaluation, Predictor } from "../ports/predictor.ts";
import type { Repository } from "../ports/repository.ts";
import type { DatasetRow, RunRow } from "../ports/rows.ts";
import { parseFrozen } from "../runs/frozen.ts";
import { fileName } from "../uploads/upload-limits.ts";

export interface EvaluateParts {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly predictor: Predictor;
  readonly served: ServedRuns;
  readonly version: string;
}

/** How a run's model is scored. */
export interface Scoring extends ScoringAsked {
  readonly run: RunRow;
  readonly signal?: AbortSignal | undefined;
}

/** Pictures that one evaluation scores: seconds to minutes on any machine that trains. */
export const MOST_EVALUATED = 2000;
/** Of the training, for a model that has not learned what is like it: those that are compared with. */
const MOST_COMPARED = 1000;

/** Scores models of finished runs. */
export class EvaluateWork {
  readonly #parts: EvaluateParts;

  constructor(parts: EvaluateParts) {
    this.#parts = parts;
  }

  /**
   * Scores a model on a data set as it is now, or on a part of it.
   * @throws CoreError `not-found`, `limit` above {@link MOST_EVALUATED} pictures; as `Predictor.evaluate`.
   */
  async ofDataset(dataset: DatasetRow, asked: Scoring): Promise<EvaluationView> {
    const { served, predictor, repository, blobs } = this.#parts;
    const { run, precisionTarget, splitGap, signal } = asked;
    const { model, facts } = await served.of(run);
    const all = await sidedPictures(repository, dataset);
    const part = partOf(all.images, asked.part);
    const images = splitGap ? all.images : evaluatedImages(all, part, facts.likeness !== undefined);
    if (splitGap) checkEvaluated(images.length, MOST_EVALUATED);
    const evaluation = await predictor.evaluate({
      ...{ model, part, precisionTarget, splitGap, signal },
      pictures: picturesFor(blobs, dataset.name, { labels: all.labels, images }),
      page: asked.page ? await this.#page(run, dataset.name) : undefined,
    });
    const of = { run: run.id, dataset: dataset.id };
    return evaluationView(of, evaluation, (path) => all.ids.get(path) ?? "");
  }

  /**
   * Scores a model on pictures of an upload that is not taken in, as if they lay in a folder: the split of the training says
   * which of them are held back, as far as it knows them. Only those that are scored need to be here.
   * @throws CoreError `not-found`, `limit`, `conflict` for a picture that was not sent; as `Predictor.evaluate`.
   */
  async ofUpload(upload: string, sent: SentList, asked: Scoring): Promise<ModelEvaluation> {
    const { served, predictor, repository, blobs } = this.#parts;
    const { run, precisionTarget, splitGap, signal } = asked;
    const { name, labels } = sent;
    const { model, facts } = await served.of(run);
    const files = await sentFiles(repository, upload);
    const images = sent.pictures.map(({ path, label, ...facts }): DatasetImage => {
      const file = files.get(fileName(path));
      if (label >= labels.length)
        throw new CoreError("bad-input", {
          what: `${path} is of a class that is not named.`,
          received: `\`label: ${label}\``,
          expected: `a number below ${labels.length}`,
        });
      if (file) return { path, label, hash: file.hash, bytes: file.bytes, ...facts };
      throw new CoreError("not-found", { what: "The upload names no such file.", received: path });
    });
    const { dataset: trained, split } = parseFrozen(await blobs.read(run.frozen));
    const chosen = chosenOf({ name, labels, images }, split, asked.part);
    const needed = splitGap ? images : chosen.images;
    checkEvaluated(needed.length, MOST_EVALUATED);
    const missing = needed.find(({ path }) => !files.get(fileName(path))?.isHere);
    if (missing)
      throw new CoreError("conflict", {
        what: "Some pictures of the upload are not here yet.",
        received: `nothing or not all of ${missing.path}`,
        fix: "Send them, then ask again.",
      });
    const here = new Set([...files.values()].flatMap(({ hash, isHere }) => (isHere ? [hash] : [])));
    const pictures: LabelledPictures = {
      ...{ name, labels, images },
      read: async (hash) => {
        if (here.has(hash)) return blobs.read(hash);
        throw new CoreError("not-found", { what: "This picture was not sent.", received: hash });
      },
    };
    return predictor.evaluate({
      ...{ model, part: asked.part, split, precisionTarget, splitGap, signal, pictures },
      training: facts.likeness
        ? undefined
        : picturesFor(blobs, trained.source, { ...trained, images: comparedImages(trained, split) }),
      page: asked.page ? await this.#page(run, name) : undefined,
    });
  }

  async #page(row: RunRow, dataset: string): Promise<EvaluationPage> {
    const { repository, version } = this.#parts;
    return { title: row.id, dataset, version, training: await trainingTold(repository, row.id) };
  }
}

/** Of the training, at most so many. */
function comparedImages({ images }: Dataset, { train }: Split): readonly DatasetImage[] {
  const learned = new Set(train);
  return images.filter(({ hash }) => learned.has(hash)).slice(0, MOST_COMPARED);
}

/** Which pictures of an upload are scored, by the rule that the command line has for a folder. */
function chosenOf(
  { name, labels, images }: Pick<LabelledPictures, "name" | "labels" | "images">,
  split: Split,
  asked: Part | "all" | undefined,
): EvaluationImages {
  const presplit = images.some(({ part }) => part !== undefined);
  const rest = { skipped: [], broken: [], notes: [] };
  return evaluationImages({ source: name, labels, images, presplit, ...rest }, split, asked);
}

/** The part's pictures, and where a model needs them for what is unlike it, some that it may have learned from. */
function evaluatedImages(
  { images }: SidedPictures,
  part: Part | "all",
  knowsLikeness: boolean,
): SidedPictures["images"] {
  const chosen = part === "all" ? images : images.filter((image) => image.part === part);
  checkEvaluated(chosen.length, MOST_EVALUATED);
  if (knowsLikeness || part === "all" || part === "train") return chosen;
  return [...chosen, ...images.filter((image) => image.part === "train").slice(0, MOST_COMPARED)];
}
