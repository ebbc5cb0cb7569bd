/**
 * What models take of a process's memory, so that a limit on it means something. Measured on onnx:cpu, growth of the resident
 * set (test/bench/bench-predict-memory.ts): a session holds the convolutions' numbers once as they came and once in the order
 * that its kernels want, and keeps the room that its largest run needed.
 */
import type { Model } from "@graft/core";

const bytesOf = (arrays: Iterable<{ readonly byteLength: number }>): number => {
  let sum = 0;
  for (const { byteLength } of arrays) sum += byteLength;
  return sum;
};

/** A session's times its numbers. */
const COPIES = 2;
/** Values of one pixel that are in memory at once, at most, times the images of a run. */
const RUN_BYTES_PER_PIXEL = 600;
const SESSION_BYTES = 2e6;

/** Of a trunk that is loaded. @param batch images of a run. */
export function trunkMemory(
  { weights, manifest }: Pick<Model, "weights" | "manifest">,
  batch: number,
): number {
  const numbers = bytesOf([...weights.tensors.values()].map(({ data }) => data));
  return COPIES * numbers + runMemory(manifest.rule.size, batch);
}

/** Of a head, without its trunk. @param explains its numbers are kept for heat maps, too. */
export function headMemory({ head }: Pick<Model, "head">, explains: boolean): number {
  return (explains ? 3 : 2) * bytesOf(head.values()) + SESSION_BYTES;
}

const runMemory = (size: number, batch: number): number => RUN_BYTES_PER_PIXEL * size * size * batch;

/** Of a whole model while it is read and compiled, and after, at most. @param weightsBytes of its file of numbers. */
export const modelMemoryAtMost = (
  weightsBytes: number,
  { size, batch }: { size: number; batch: number },
): number => 3 * weightsBytes + SESSION_BYTES + runMemory(size, batch);
