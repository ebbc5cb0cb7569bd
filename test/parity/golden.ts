import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { CUT_LAYERS, type NpyArray, parseNpy } from "@graft/core";
import * as z from "zod";

const folder = resolve(import.meta.dirname, "golden");
const losses = z.object({ losses: z.array(z.number()) });

/** What Keras computed: make_golden.py wrote it and says how. */
export const GOLDEN = z
  .object({
    gap_rmsprop: losses,
    flatten_rmsprop: losses,
    softmax_adam: losses,
    finetune_mixed6_mixed7: losses.extend({
      change_after_6_steps: z.record(z.string(), z.object({ l2: z.number() })),
      trainable_parameters: z.int(),
    }),
  })
  .parse(JSON.parse(readFileSync(resolve(folder, "golden.json"), "utf8")));

/** What Keras computed when a loop over its layers set `trainable`: make_fine_tune_golden.py wrote it and says how. */
export const FINE_TUNE_GOLDEN = z
  .object({
    cases: z.array(
      z.object({
        from: z.string(),
        cut: z.enum(CUT_LAYERS),
        losses: z.array(z.number()),
        changes: z.record(z.string(), z.number()),
      }),
    ),
  })
  .parse(JSON.parse(readFileSync(resolve(folder, "fine-tune.json"), "utf8"))).cases;

/** An array of golden/, by file name without ending. */
export const goldenArray = (name: string): NpyArray => parseNpy(readFileSync(resolve(folder, `${name}.npy`)));

/** A float32 array of golden/. */
export function goldenFloats(name: string): Float32Array {
  const { data } = goldenArray(name);
  if (!(data instanceof Float32Array)) throw new TypeError(`${name}.npy is not float32`);
  return data;
}

/** make_golden.py's initial weights: exact integers, then float64, then float32. */
export function initialKernel(rows: number, columns: number, scale: number): Float32Array {
  const kernel = new Float32Array(rows * columns);
  // loops: the classic head's 38 million numbers took seconds by Float32Array.from
  for (let i = 0; i < rows; i++)
    for (let j = 0; j < columns; j++)
      kernel[i * columns + j] = (((i * 1103515245 + j * 12345 + 7) % 2 ** 31) / 2 ** 31 - 0.5) * scale;
  return kernel;
}
