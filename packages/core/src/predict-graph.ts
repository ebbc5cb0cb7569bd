import type { Backend, Program, State } from "./backend.ts";
import { CoreError } from "./errors.ts";
import type { ModelManifest } from "./export/types.ts";
import type { Graph } from "./graph/graph.ts";
import { blockParameters } from "./graph/passes/block-parameters.ts";
import { writeLogical } from "./graph/state.ts";
import { predictionsOf } from "./head/outputs.ts";
import type { HeadValues } from "./head/types.ts";
import type { Prediction } from "./metrics/types.ts";

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

class GraphPredictor implements Predictor {
  readonly #manifest: Architecture;
  readonly #batch: number;
  readonly #program: Program;
  readonly #state: State;

  constructor(manifest: Architecture, batch: number, program: Program, state: State) {
    this.#manifest = manifest;
    this.#batch = Math.max(1, batch);
    this.#program = program;
    this.#state = state;
  }

  async predict(images: readonly Uint8Array[]): Promise<Prediction[]> {
    const predictions: Prediction[] = [];
    for (let start = 0; start < images.length; start += this.#batch)
      predictions.push(...(await this.#predictBatch(images.slice(start, start + this.#batch))));
    return predictions;
  }

  dispose(): void {
    this.#program.dispose();
    this.#state.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  async #predictBatch(images: readonly Uint8Array[]): Promise<Prediction[]> {
    const { rule, head } = this.#manifest;
    const length = rule.size * rule.size * 3;
    const data = new Uint8Array(images.length * length);
    for (const [i, image] of images.entries()) {
      if (image.length !== length) {
        throw new CoreError("bad-input", {
          what: "An image does not have the size that the model takes.",
          received: `${image.length} bytes`,
          expected: `${length} bytes, [${rule.size}, ${rule.size}, 3]`,
        });
      }
      data.set(image, i * length);
    }
    const shape = [images.length, rule.size, rule.size, 3];
    const { probabilities } = await this.#program.run({ images: { shape, data } }, this.#state);
    if (!probabilities) throw new TypeError("the model's graph gives probabilities");
    return predictionsOf(probabilities, head);
  }
}

/**
 * Compiles a whole network for a backend.
 * @param options.graph `images` uint8 [batch, size, size, 3] → `probabilities` [batch, units].
 * @param options.values the graph's parameters by logical name.
 */
export async function compilePredictor(options: {
  readonly graph: Graph;
  readonly values: HeadValues;
  readonly manifest: Architecture;
  readonly backend: Backend;
}): Promise<Predictor> {
  const { values, manifest, backend } = options;
  const graph = blockParameters(options.graph, backend.limits.blockBytes);
  const program = await backend.compile(graph);
  let state: State | undefined;
  try {
    state = await backend.createState(graph);
    await writeLogical(state, graph, values);
    return new GraphPredictor(manifest, backend.limits.preferredBatch, program, state);
  } catch (error) {
    program.dispose();
    state?.dispose();
    throw error;
  }
}
