import type { Backend } from "../backend/backend.ts";
import { CoreError } from "../errors.ts";
import type { Folder } from "../files/folder.ts";
import { MODEL_FILES } from "../model/model-files.ts";
import { headTensors } from "../model/model-tensors.ts";
import { type ReadModelOptions, readModel } from "../model/read-model.ts";
import type { Model } from "../model/types.ts";
import { compilePredictor, type Predictor } from "../predict/predict-graph.ts";
import { largestDifference, referenceOf, TOLERANCE } from "./agreement.ts";
import { layersGraph } from "./layers-graph.ts";
import { parseLayersModel } from "./network-config.ts";

export interface VerifyOptions extends ReadModelOptions {
  /** Runs both networks; without it only files and numbers are compared. */
  readonly backend?: Backend;
  /** Real images, [size, size, 3] uint8, already through the model's image rule: a few are enough. */
  readonly images: readonly Uint8Array[];
}

const differs = ({ name }: Folder, what: string, received?: string, expected?: string): CoreError =>
  new CoreError("corrupt", {
    what: `The model that was written to ${name} is not the one that was trained: ${what}.`,
    ...(received === undefined ? {} : { received }),
    ...(expected === undefined ? {} : { expected }),
    fix: "The disk or the memory may be failing: write it again to another place.",
  });

/** As whole numbers: −0 is not 0, and a NaN is itself. */
const bitsOf = ({ buffer, byteOffset, length }: Float32Array): Uint32Array =>
  new Uint32Array(buffer, byteOffset, length);

function isSame(found: Float32Array, expected: Float32Array): boolean {
  if (found.length !== expected.length) return false;
  const [one, other] = [bitsOf(found), bitsOf(expected)];
  // a plain loop: of a model's 36 MB 13 ms, and 75 by `every`
  for (let i = 0; i < one.length; i++) if (one[i] !== other[i]) return false;
  return true;
}

/** @throws CoreError `corrupt` for the first tensor that is not the same, bit for bit. */
function compareNumbers(folder: Folder, written: Model, model: Model): void {
  const numbers = ({ weights, head }: Model, name: string): Float32Array | undefined =>
    weights.tensors.get(name)?.data ?? head.get(name);
  for (const name of [...written.weights.tensors.keys(), ...written.head.keys()]) {
    const [found, expected] = [numbers(written, name), numbers(model, name)];
    if (!found || !expected || !isSame(found, expected))
      throw differs(folder, `the tensor ${name} has different numbers`);
  }
}

/** @throws CoreError `corrupt` for other numbers of likeness.bin. */
function compareDirections(
  folder: Folder,
  { directions: found }: Model,
  { directions: expected }: Model,
): void {
  const areSame =
    found?.length === expected?.length && (found ?? []).every((value, i) => value === expected?.[i]);
  if (!areSame) throw differs(folder, `${MODEL_FILES.likeness} has different numbers`);
}

/** The network as model.json has it, from the file alone: batch norms unfolded, layer by layer. */
async function openWritten(folder: Folder, written: Model, backend: Backend): Promise<Predictor> {
  const { manifest, weights, head } = written;
  // `readModel` read it a moment ago
  const text = new TextDecoder().decode(await folder.read(MODEL_FILES.topology));
  const network = parseLayersModel(JSON.parse(text), folder.nameOf(MODEL_FILES.topology));
  const ofHead = headTensors(manifest).map(({ name, shape }) => {
    const data = head.get(name) ?? new Float32Array();
    return [name, { shape, data }] as const;
  });
  const graph = layersGraph(network, new Map([...weights.tensors, ...ofHead]), weights.inputRange);
  return compilePredictor({ graph, values: head, manifest, backend });
}

/**
 * Reads a model folder again and compares it with the model it was written from: every number, bit for bit, and, on a
 * backend, what the network of its model.json says of real images.
 * @returns the largest difference of a probability; 0 without a backend.
 * @throws CoreError `corrupt` when a difference is above 1e-4, and as `readModel`.
 */
export async function verifyModel(folder: Folder, model: Model, options: VerifyOptions): Promise<number> {
  const written = await readModel(folder, options);
  compareNumbers(folder, written, model);
  compareDirections(folder, written, model);
  const { backend, images } = options;
  if (!backend || images.length === 0) return 0;
  using fromFile = await openWritten(folder, written, backend);
  const found = await fromFile.predict(images);
  const largest = largestDifference((await referenceOf(model, images, backend)).predictions, found);
  if (largest <= TOLERANCE) return largest;
  const received = `probabilities that differ by ${largest} on ${images.length} images`;
  throw differs(folder, "its model.json computes different probabilities", received, `at most ${TOLERANCE}`);
}
