import * as z from "zod";
import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import { sameShape, shapeText } from "../graph/infer-shape.ts";
import { inputFaultsText } from "../input-faults.ts";
import type { TensorSpec } from "../trunk/tensors.ts";
import type { WeightTensor } from "../trunk/types.ts";

const weightsManifestSchema = z.object({
  weightsManifest: z.tuple([
    z.object({
      weights: z.array(
        z.object({ name: z.string(), shape: z.array(z.int().min(1)), dtype: z.literal("float32") }),
      ),
    }),
  ]),
});

/**
 * The tensors that a model.json says are in its weights file, in the file's order.
 * @param where the file's path, for the message.
 * @throws CoreError `corrupt` when it is not as graft writes it.
 */
export function weightSpecs(modelJson: unknown, where: string): readonly TensorSpec[] {
  const parsed = weightsManifestSchema.safeParse(modelJson);
  if (parsed.success) return parsed.data.weightsManifest[0].weights;
  throw new CoreError("corrupt", {
    what: `${where} does not list a model's weights.`,
    received: inputFaultsText(parsed.error, modelJson),
    fix: "Train the model again.",
  });
}

/** @throws CoreError `corrupt` that names all missing, extra and wrong-shape tensors together. */
export function checkSpecs(
  found: readonly TensorSpec[],
  expected: readonly TensorSpec[],
  where: string,
): void {
  const shapes = new Map(found.map(({ name, shape }) => [name, shape]));
  const names = new Set(expected.map(({ name }) => name));
  const missing = expected.filter(({ name }) => !shapes.has(name)).map(({ name }) => name);
  const extra = found.filter(({ name }) => !names.has(name)).map(({ name }) => name);
  const wrong = expected.flatMap(({ name, shape }) => {
    const other = shapes.get(name);
    return other === undefined || sameShape(other, shape)
      ? []
      : [`${name} ${shapeText(other)} instead of ${shapeText(shape)}`];
  });
  if (missing.length + extra.length + wrong.length === 0 && found.length === expected.length) return;
  const list = (title: string, items: readonly string[]): string[] =>
    items.length === 0
      ? []
      : [
          `${title}: ${items.slice(0, 8).join(", ")}${items.length > 8 ? ` and ${items.length - 8} more` : ""}`,
        ];
  throw new CoreError(
    "corrupt",
    {
      what: `The tensors in ${where} are not those of the network that graft.json describes.`,
      received: [...list("missing", missing), ...list("extra", extra), ...list("wrong shape", wrong)].join(
        "; ",
      ),
      expected: `${expected.length} tensors`,
      fix: "Train the model again.",
    },
    { facts: { missing, extra, wrong } },
  );
}

/**
 * Tensors that lie one after the other in a file, as views: nothing is copied.
 * @throws CoreError `corrupt` when the file has another length.
 */
export function viewTensors(
  bytes: Uint8Array<ArrayBuffer>,
  specs: readonly TensorSpec[],
  where: string,
): ReadonlyMap<string, WeightTensor> {
  const length = specs.reduce((sum, { shape }) => sum + numElements(shape), 0);
  if (bytes.length !== length * Float32Array.BYTES_PER_ELEMENT) {
    throw new CoreError("corrupt", {
      what: `${where} has the wrong length.`,
      received: `${bytes.length} bytes`,
      expected: `${length * Float32Array.BYTES_PER_ELEMENT}`,
    });
  }
  let offset = bytes.byteOffset;
  return new Map(
    specs.map(({ name, shape }) => {
      const data = new Float32Array(bytes.buffer, offset, numElements(shape));
      offset += data.byteLength;
      return [name, { shape, data }];
    }),
  );
}
