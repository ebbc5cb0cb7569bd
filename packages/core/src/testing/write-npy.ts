import { type NpyArray, npyHeader } from "../features/npy.ts";

const DESCRIPTIONS = [
  [Float32Array, "<f4"],
  [Uint8Array, "|u1"],
  [Int32Array, "<i4"],
  [Float64Array, "<f8"],
  [BigInt64Array, "<i8"],
] as const;

/** A whole .npy file, as `numpy.save` writes it. */
export function writeNpy({ shape, data }: NpyArray): Uint8Array {
  const descr = DESCRIPTIONS.find(([type]) => data instanceof type)?.[1] ?? "<f4";
  const header = npyHeader(shape, descr);
  const bytes = new Uint8Array(header.length + data.byteLength);
  bytes.set(header);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return bytes;
}
