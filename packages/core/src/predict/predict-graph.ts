import type { Backend } from "../backend/backend.ts";
import type { Graph } from "../graph/graph.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import { predictionsOf } from "../head/outputs.ts";
import type { HeadValues } from "../head/types.ts";
import type { Prediction } from "../metrics/types.ts";
import type { ModelManifest } from "../model/types.ts";
import { compileFilled, type FilledProgram } from "./compile-filled.ts";
import { imagesTensor } from "./images-tensor.ts";

type Architecture = Pick<ModelManifest, "rule" | "head">;

/** A model that is ready to say what images show. */
export interface Predictor extends Disposable {
  /**
   * @param images [size, size, 3] uint8 each, already through the model's image rule; any number of them.
   * @returns one prediction for each image, in order.
   * @throws CoreError `bad-input` for an image of another length.
   */
  predict(images: readonly Uint8Array[]): Promise<Prediction[]>;
  /** Frees the engine's memory. Idempotent. */
  dispose(): void;
}

/** What a model says of an image, and what its head saw. */
export interface PredictionWithFeatures {
  readonly prediction: Prediction;
  /** The features at the cut, [h, w, channels]. */
  readonly features: Float32Array;
  /** [h, w, channels] */
  readonly shape: readonly [number, number, number];
}

/** A predictor that also gives the features at the cut, from the same run of the trunk. */
export interface FeaturePredictor extends Predictor {
  /** As `predict`. The arrays are the caller's. */
  predictWithFeatures(images: readonly Uint8Array[]): Promise<PredictionWithFeatures[]>;
}

/** Row `row` of features [batch, h, w, channels]. */
function rowOf({ shape, data }: HostTensor, row: number): Pick<PredictionWithFeatures, "features" | "shape"> {
  const [, height = 0, width = 0, channels = 0] = shape;
  const length = height * width * channels;
  const features = Float32Array.from(data.subarray(row * length, (row + 1) * length));
  return { features, shape: [height, width, channels] };
}

class GraphPredictor implements FeaturePredictor {
  readonly #manifest: Architecture;
  readonly #batch: number;
  readonly #program: FilledProgram;

  constructor(manifest: Architecture, batch: number, program: FilledProgram) {
    this.#manifest = manifest;
    this.#batch = Math.max(1, batch);
    this.#program = program;
  }

  async predict(images: readonly Uint8Array[]): Promise<Prediction[]> {
    const predictions: Prediction[] = [];
    for (let start = 0; start < images.length; start += this.#batch)
      predictions.push(...(await this.#predictBatch(images.slice(start, start + this.#batch))).predictions);
    return predictions;
  }

  async predictWithFeatures(images: readonly Uint8Array[]): Promise<PredictionWithFeatures[]> {
    const seen: PredictionWithFeatures[] = [];
    for (let start = 0; start < images.length; start += this.#batch) {
      const { predictions, features } = await this.#predictBatch(images.slice(start, start + this.#batch));
      if (!features) throw new TypeError("this predictor was compiled without features");
      seen.push(...predictions.map((prediction, row) => ({ prediction, ...rowOf(features, row) })));
    }
    return seen;
  }

  dispose(): void {
    this.#program.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #predictBatch(
    images: readonly Uint8Array[],
  ): Promise<{ readonly predictions: Prediction[]; readonly features: HostTensor | undefined }> {
    const { rule, head } = this.#manifest;
    const inputs = { images: imagesTensor(images, rule.size) };
    const { probabilities, features, distance } = await this.#program.run(inputs);
    if (!probabilities) throw new TypeError("the model's graph gives probabilities");
    const said = predictionsOf(probabilities, head);
    const predictions = said.map((prediction, row) => {
      const far = distance?.data[row];
      return far === undefined ? prediction : { ...prediction, distance: far };
    });
    return { predictions, features };
  }
}

/**
 * Compiles a whole network for a backend.
 * @param options.graph `images` uint8 [batch, size, size, 3] → `probabilities` [batch, units], and for
 * `predictWithFeatures` `features` [batch, h, w, channels]; `distance` [batch, 1] where the model has one.
 * @param options.values the graph's parameters by logical name.
 */
export async function compilePredictor(options: {
  readonly graph: Graph;
  readonly values: HeadValues;
  readonly manifest: Architecture;
  readonly backend: Backend;
}): Promise<FeaturePredictor> {
  const { manifest, backend } = options;
  return new GraphPredictor(manifest, backend.limits.preferredBatch, await compileFilled(options));
}
