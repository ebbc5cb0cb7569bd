import { CoreError } from "@graft/core";
import type { Access } from "../identity/access.ts";
import type { Caller } from "../identity/identity.ts";
import type { IdentityService } from "../identity/identity-service.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Predictor } from "../ports/predictor.ts";
import type { Repository } from "../ports/repository.ts";
import { type AskedPicture, AskedPictures, checkPictures } from "./asked-pictures.ts";
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
}
