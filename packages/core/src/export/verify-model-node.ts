import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Backend } from "../backend.ts";
import { CoreError } from "../errors.ts";
import { openPredictor } from "../predict.ts";
import { compilePredictor, type Predictor } from "../predict-graph.ts";
import { layersGraph, layersModelSchema } from "./layers-graph.ts";
import { MODEL_FILES } from "./model-files.ts";
import { headTensors } from "./model-tensors.ts";
import { readModelFolder } from "./read-model-node.ts";
import type { Model } from "./types.ts";

export interface VerifyOptions {
  /** Runs both networks; without it only files and numbers are compared. */
  readonly backend?: Backend;
  /** Real images, [size, size, 3] uint8, already through the model's image rule: a few are enough. */
  readonly images: readonly Uint8Array[];
}

/** Largest difference of a probability between the written network and the one in memory: batch norms are folded in one. */
const TOLERANCE = 1e-4;

const differs = (folder: string, what: string, received?: string, expected?: string): CoreError =>
  new CoreError("corrupt", {
    what: `The model that was written to ${folder} is not the one that was trained: ${what}.`,
    ...(received === undefined ? {} : { received }),
    ...(expected === undefined ? {} : { expected }),
    fix: "The disk or its memory may be failing: write it again to another place.",
  });

const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array): Buffer =>
  Buffer.from(buffer, byteOffset, byteLength);

/** @throws CoreError `corrupt` for the first tensor that is not the same, bit for bit. */
function compareNumbers(folder: string, written: Model, model: Model): void {
  const numbers = ({ weights, head }: Model, name: string): Float32Array | undefined =>
    weights.tensors.get(name)?.data ?? head.get(name);
  for (const name of [...written.weights.tensors.keys(), ...written.head.keys()]) {
    const [found, expected] = [numbers(written, name), numbers(model, name)];
    if (!found || !expected || !bytesOf(found).equals(bytesOf(expected)))
      throw differs(folder, `the tensor ${name} has other numbers`);
  }
}

/** The network as model.json has it, from the file alone: batch norms unfolded, layer by layer. */
async function openWritten(folder: string, written: Model, backend: Backend): Promise<Predictor> {
  const { manifest, weights, head } = written;
  const file: unknown = JSON.parse(await readFile(join(folder, MODEL_FILES.topology), "utf8"));
  const { modelTopology } = layersModelSchema.parse(file);
  const ofHead = headTensors(manifest).map(({ name, shape }) => {
    const data = head.get(name) ?? new Float32Array();
    return [name, { shape, data }] as const;
  });
  const graph = layersGraph(modelTopology, new Map([...weights.tensors, ...ofHead]), weights.inputRange);
  return compilePredictor({ graph, values: head, manifest, backend });
}

/**
 * Reads a model folder again and compares it with the model it was written from: every number, bit for bit, and, on a
 * backend, what the network of its model.json says of real images.
 * @returns the largest difference of a probability; 0 without a backend.
 * @throws CoreError `corrupt` when a difference is above 1e-4, and as `readModelFolder`.
 */
export async function verifyModelFolder(
  folder: string,
  model: Model,
  options: VerifyOptions,
): Promise<number> {
  const written = await readModelFolder(folder);
  compareNumbers(folder, written, model);
  const { backend, images } = options;
  if (!backend || images.length === 0) return 0;
  using fromFile = await openWritten(folder, written, backend);
  const found = await fromFile.predict(images);
  using fromMemory = await openPredictor(model, backend);
  const expected = await fromMemory.predict(images);
  const largest = expected.reduce((most, prediction, i) => {
    const other = found[i]?.probabilities;
    // NaN on either side stays NaN, which is no agreement
    return prediction.probabilities.reduce((max, p, c) => {
      const difference = Math.abs(p - (other?.[c] ?? Number.NaN));
      return Math.max(difference, max);
    }, most);
  }, 0);
  if (largest <= TOLERANCE) return largest;
  const received = `probabilities that differ by ${largest} on ${images.length} images`;
  throw differs(folder, "its model.json computes something else", received, `at most ${TOLERANCE}`);
}
