import { CoreError, type Part } from "@graft/core";
import type { Access } from "../identity/access.ts";
import type { Caller } from "../identity/identity.ts";
import type { IdentityService } from "../identity/identity-service.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Predictor } from "../ports/predictor.ts";
import type { Repository } from "../ports/repository.ts";
import { type AskedPicture, AskedPictures, checkPictures } from "./asked-pictures.ts";
import { type EvaluationView, evaluationView } from "./evaluation-view.ts";
import {
  checkEvaluated,
  partOf,
  picturesFor,
  type SidedPictures,
  sidedPictures,
} from "./labelled-pictures.ts";
import {
  type ModelView,
  modelView,
  type Predicted,
  type Predictions,
  predictedOf,
} from "./prediction-view.ts";
import type { ServedRuns } from "./served-runs.ts";

export interface ModelParts {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly predictor: Predictor;
  readonly access: Access;
  readonly identity: Pick<IdentityService, "takePredictions">;
  readonly served: ServedRuns;
}

export interface AskOptions {
  /** Least score of an answer. @default as it is decided for the run */
  readonly notSureBelow?: number | undefined;
  /** What speaks for each answer is told, too. @default false */
  readonly explain?: boolean | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Pictures that are evaluated while somebody waits: seconds on any machine that trains. */
export const MOST_EVALUATED = 2000;
/** Of the training, for a model that has not learned what is like it: those that are compared with. */
const MOST_COMPARED = 1000;

/** Models of finished runs at work. Nothing of what they are asked is kept. */
export class ModelService {
  readonly #parts: ModelParts;
  readonly #pictures: AskedPictures;

  constructor(parts: ModelParts) {
    this.#parts = parts;
    this.#pictures = new AskedPictures(parts);
  }

  /** What a model is. @throws CoreError `not-found`. */
  async get(caller: Caller, run: string): Promise<ModelView> {
    const { access, served } = this.#parts;
    const row = await access.model(caller, run);
    const { facts } = await served.of(row);
    return modelView(run, facts, await served.notSureBelow(row));
  }

  /**
   * Asks a model about pictures of the caller's data sets, or about files.
   * @throws CoreError `not-found` for a run or a picture that is not the caller's, `busy` for a token whose rate is used up,
   *   `limit`; as `Predictor.predict`.
   */
  async predict(
    caller: Caller,
    asked: AskOptions & { readonly run: string; readonly pictures: readonly AskedPicture[] },
  ): Promise<Predictions> {
    const { run, pictures, ...options } = asked;
    await this.#parts.access.model(caller, run);
    return this.predictBytes(caller, run, await this.#pictures.read(caller, pictures), options);
  }

  /**
   * Asks a model about image files of any format that core reads; for a host's own routes.
   * @returns one answer for each, in order. @throws as `predict`.
   */
  async predictBytes(
    caller: Caller,
    run: string,
    pictures: readonly Uint8Array[],
    { notSureBelow, explain = false, signal }: AskOptions = {},
  ): Promise<Predictions> {
    const { access, identity, served, predictor } = this.#parts;
    const row = await access.model(caller, run);
    checkPictures(pictures);
    identity.takePredictions(caller.identity, pictures.length);
    const [{ model }, decided] = await Promise.all([served.of(row), served.notSureBelow(row)]);
    const answers = await predictor.predict({ model, pictures, signal, ...(explain ? { explain: {} } : {}) });
    const below = notSureBelow ?? decided;
    return { run, notSureBelow: below, answers: [...predictedOf(answers, below)] };
  }

  /**
   * What in a picture speaks for a class.
   * @param asked.label a class's name. @default what the model says
   * @throws CoreError `bad-input` for a class that the model does not know; as `predict`.
   */
  async explain(
    caller: Caller,
    asked: {
      readonly run: string;
      readonly picture: AskedPicture;
      readonly label?: string | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<Predicted> {
    const { access, identity, served, predictor } = this.#parts;
    const row = await access.model(caller, asked.run);
    const { model, facts } = await served.of(row);
    const label = asked.label === undefined ? undefined : facts.labels.indexOf(asked.label);
    if (label === -1)
      throw new CoreError("bad-input", {
        what: "The model does not know this class.",
        received: asked.label ?? "",
        expected: facts.labels.join(", "),
      });
    const pictures = await this.#pictures.read(caller, [asked.picture]);
    identity.takePredictions(caller.identity);
    const answers = await predictor.predict({ model, pictures, explain: { label }, signal: asked.signal });
    const [answer] = predictedOf(answers, await served.notSureBelow(row));
    if (!answer) throw new TypeError("there is one answer for each picture");
    return answer;
  }

  /**
   * Scores a model on a data set as it is now, or on a part of it.
   * @throws CoreError `not-found`, `limit` above {@link MOST_EVALUATED} pictures; as `Predictor.evaluate`.
   */
  async evaluate(
    caller: Caller,
    asked: {
      readonly run: string;
      readonly dataset: string;
      readonly part?: Part | "all" | undefined;
      readonly precisionTarget?: number | undefined;
      readonly signal?: AbortSignal | undefined;
    },
  ): Promise<EvaluationView> {
    const { access, served, predictor, repository, blobs } = this.#parts;
    const { run, dataset, precisionTarget, signal } = asked;
    const { model, facts } = await served.of(await access.run(caller, run));
    const row = await access.dataset(caller, dataset);
    const all = await sidedPictures(repository, row);
    const part = partOf(all.images, asked.part);
    const images = evaluatedImages(all, part, facts.likeness !== undefined);
    const evaluation = await predictor.evaluate({
      ...{ model, part, precisionTarget, signal },
      pictures: picturesFor(blobs, row.name, { labels: all.labels, images }),
    });
    return evaluationView({ run, dataset }, evaluation, (path) => all.ids.get(path) ?? "");
  }
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
