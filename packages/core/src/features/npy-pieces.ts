import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import { npyHeader } from "./npy.ts";
import type { FeatureTable } from "./types.ts";

/** Rows that are in memory at once beside the table's own: at most so many, and so many bytes of them. */
const MOST_ROWS = 64;
const MOST_BYTES = 4 * 2 ** 20;

const headerOf = ({ numRows, rowShape }: FeatureTable): Uint8Array =>
  npyHeader([numRows, ...rowShape], "<f4");

const rowBytesOf = ({ rowShape }: FeatureTable): number =>
  Float32Array.BYTES_PER_ELEMENT * numElements(rowShape);

/** Length of a table's .npy file. */
export const npyBytes = (table: FeatureTable): number =>
  headerOf(table).length + table.numRows * rowBytesOf(table);

/**
 * A table as float32 .npy [n, …row], piece by piece.
 * @param range of its bytes. @default all of them
 * @throws CoreError `unsupported` on a machine of the other byte order; as the table.
 */
export async function* npyPieces(
  table: FeatureTable,
  range?: { readonly start: number; readonly length: number },
): AsyncGenerator<Uint8Array> {
  if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1)
    throw new CoreError("unsupported", { what: "Features are written on little-endian machines only." });
  const { start, length } = range ?? { start: 0, length: npyBytes(table) };
  const end = start + length;
  const header = headerOf(table);
  if (start < header.length) yield header.subarray(start, end);
  const rowBytes = rowBytesOf(table);
  const atOnce = Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_BYTES / rowBytes)));
  const lastRow = Math.min(table.numRows, Math.ceil((end - header.length) / rowBytes));
  let row = Math.max(0, Math.floor((start - header.length) / rowBytes));
  for (; row < lastRow; row += atOnce) {
    const positions = Array.from({ length: Math.min(atOnce, lastRow - row) }, (_, at) => row + at);
    const numbers = new Float32Array((positions.length * rowBytes) / Float32Array.BYTES_PER_ELEMENT);
    await table.read(positions, numbers);
    const place = header.length + row * rowBytes;
    yield new Uint8Array(numbers.buffer).subarray(Math.max(0, start - place), end - place);
  }
}
