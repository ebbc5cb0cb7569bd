import type { Backend } from "../backend/backend.ts";
import type { HostTensor } from "../graph/host-tensor.ts";
import { predictionsOf } from "../head/outputs.ts";
import type { Prediction } from "../metrics/types.ts";
import type { Model } from "../model/types.ts";
import { hashWeights } from "../weights/weights-hash.ts";
import { compileFilled } from "./compile-filled.ts";
import { imagesTensor } from "./images-tensor.ts";
import { type GraphOptions, headPart, trunkPart } from "./predict.ts";

/** What the trunk says of one image, for a head to go on from. */
export interface TrunkRow {
  /** The trunk's outputs by name, [1, …] each. */
  readonly outputs: Readonly<Record<string, HostTensor>>;
}

/** A compiled trunk that several models' heads stand on. */
export interface SharedTrunk extends Disposable {
  /**
   * @param images [size, size, 3] uint8 each, through the models' image rule; all of them are computed at once.
   * @returns one row for each image, in order; its numbers are the same whatever was computed beside it.
   * @throws CoreError `bad-input` for an image of another length, `backend`.
   */
  run(images: readonly Uint8Array[]): Promise<readonly TrunkRow[]>;
}

/** A model's compiled head. */
export interface SharingHead extends Disposable {
  /** @throws CoreError `backend`. */
  predict(row: TrunkRow): Promise<Prediction>;
}

/**
 * True where a trunk and a head apart give the bits of both in one graph. A head with a hidden layer would be computed by
 * other kernels than behind its trunk, which round otherwise.
 */
export const canShareTrunk = ({ manifest }: Pick<Model, "manifest">): boolean => manifest.head.hidden === 0;

/** Equal for models whose trunks compute the same, number by number, with the same options. */
export async function trunkId(model: Model, { features = false }: GraphOptions = {}): Promise<string> {
  const { cut, rule, likeness } = model.manifest;
  const { tensors, inputRange } = model.weights;
  const layers = model.directions ? (likeness?.layers ?? []) : [];
  return JSON.stringify([await hashWeights(tensors, cut), inputRange, cut, rule.size, layers, features]);
}

/** Row `row` of each output, [1, …]. */
function rowOf(outputs: Readonly<Record<string, HostTensor>>, row: number): TrunkRow {
  const rows = Object.entries(outputs).map(([name, { shape, data }]) => {
    const [count = 1, ...rest] = shape;
    const length = data.length / count;
    return [name, { shape: [1, ...rest], data: data.slice(row * length, (row + 1) * length) }] as const;
  });
  return { outputs: Object.fromEntries(rows) };
}

/** Compiles the part of a model that it shares. The model's arrays may be dropped afterwards. @throws as `Backend.compile`. */
export async function openTrunk(
  model: Model,
  backend: Backend,
  options: GraphOptions = {},
): Promise<SharedTrunk> {
  const { size } = model.manifest.rule;
  const program = await backend.compile(trunkPart(model, options));
  return {
    async run(images) {
      const outputs = await program.run({ images: imagesTensor(images, size) });
      return images.map((_, row) => rowOf(outputs, row));
    },
    [Symbol.dispose]: () => program.dispose(),
  };
}

/** Compiles the part of a model that is its own, with the same options as its trunk. @throws as `openPredictor`. */
export async function openHead(
  model: Model,
  backend: Backend,
  options: GraphOptions = {},
): Promise<SharingHead> {
  const { head: spec } = model.manifest;
  const graph = headPart(model, options);
  const program = await compileFilled({ graph, values: model.head, backend });
  return {
    async predict({ outputs }) {
      const { probabilities, distance } = await program.run(outputs);
      const [prediction] = probabilities ? predictionsOf(probabilities, spec) : [];
      if (!prediction) throw new TypeError("a head gives probabilities");
      const far = distance?.data[0];
      return far === undefined ? prediction : { ...prediction, distance: far };
    },
    [Symbol.dispose]: () => program.dispose(),
  };
}
