/**
 * What loaded models take of a process's memory, so that a limit on it means something. Fitted to the growth of the resident set
 * on onnx:cpu (test/bench/bench-predict-memory.ts: 120 MB for each trunk up to mixed7 at 150 pixels, 285 MB with a classic
 * head, 4 MB for a head over a trunk that is there): a session holds the convolutions' numbers once as they came and once in
 * the order that its kernels want, and keeps the room that its largest run needed.
 */
import type { Model } from "@graft/core";

const bytesOf = (arrays: Iterable<{ readonly byteLength: number }>): number => {
  let sum = 0;
  for (const { byteLength } of arrays) sum += byteLength;
  return sum;
};

/** A session's times a trunk's numbers. */
const COPIES = 2;
/** Of a session beside its numbers. */
const SESSION_BYTES = 4e6;
/** Of values that a run has in memory at once, for each pixel of its images. */
const RUN_BYTES_PER_PIXEL = 300;

const runMemory = (size: number, batch: number): number => RUN_BYTES_PER_PIXEL * size * size * batch;

/** Of a trunk that is loaded. @param batch images of a run at most. */
export function trunkMemory(
  { weights, manifest }: Pick<Model, "weights" | "manifest">,
  batch: number,
): number {
  const numbers = bytesOf([...weights.tensors.values()].map(({ data }) => data));
  return COPIES * numbers + SESSION_BYTES + runMemory(manifest.rule.size, batch);
}

/** Of a head that is loaded, without its trunk. @param explains its numbers are kept for heat maps, too. */
export function headMemory({ head }: Pick<Model, "head">, explains: boolean): number {
  return (explains ? 2 : 1) * bytesOf(head.values()) + SESSION_BYTES;
}

/** Of a whole model that is loaded, at most; while it is read it takes its file's length beside. */
export const modelMemoryAtMost = (
  weightsBytes: number,
  { size, batch }: { readonly size: number; readonly batch: number },
): number => COPIES * weightsBytes + 2 * SESSION_BYTES + runMemory(size, batch);
