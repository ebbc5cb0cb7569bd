/**
 * A row of features as bytes, with its key and checksums: the same in a pack on disk, in a message and over a wire.
 *
 *   48 bytes: "row1", image hash (32 bytes), variant (u32), CRC-32 of the row (u32), CRC-32 of the 44 bytes before (u32)
 *   then the row: float32 or, in a space of that cache type, float16 (its bits in 16)
 *
 * All numbers are little-endian.
 */
import { CoreError } from "../errors.ts";
import { type Crc32, crc32 as inJavaScript } from "../numbers/crc32.ts";
import { decodeFloat16, encodeFloat16 } from "../numbers/float16.ts";
import type { FeatureKey, FeatureRow, FeatureSpace } from "./types.ts";

const MAGIC = Uint8Array.of(0x72, 0x6f, 0x77, 0x31); // "row1"
export const RECORD_HEADER_BYTES = 48;

/** What a record's header says. */
export interface RecordHeader extends FeatureKey {
  /** Of the row's bytes. */
  readonly crc: number;
}

/** A row's numbers in the space's type: a view of them, or new bytes. */
export function encodeRow({ cacheType }: Pick<FeatureSpace, "cacheType">, row: Float32Array): Uint8Array {
  const stored = cacheType === "float16" ? encodeFloat16(row) : row;
  return new Uint8Array(stored.buffer, stored.byteOffset, stored.byteLength);
}

/** @param bytes at a multiple of 4 in their buffer, on which the result may lie. */
export function decodeRow(
  { cacheType }: Pick<FeatureSpace, "cacheType">,
  { buffer, byteOffset, length }: Uint8Array<ArrayBuffer>,
): Float32Array {
  if (cacheType === "float16") return decodeFloat16(new Uint16Array(buffer, byteOffset, length / 2));
  return new Float32Array(buffer, byteOffset, length / 4);
}

const DIGITS = new TextEncoder().encode("0123456789abcdef");
const decoder = new TextDecoder();

/** A row's hash is read from its record several times on its way: digit by digit it takes seven times as long. */
function hexOf(bytes: Uint8Array): string {
  const digits = new Uint8Array(2 * bytes.length);
  for (const [at, byte] of bytes.entries()) {
    digits[2 * at] = DIGITS[byte >> 4] ?? 0;
    digits[2 * at + 1] = DIGITS[byte & 15] ?? 0;
  }
  return decoder.decode(digits);
}

/** A record: header and row. */
export function encodeRecord(
  { hash, variant }: FeatureKey,
  row: Uint8Array,
  crc32: Crc32 = inJavaScript,
): Uint8Array<ArrayBuffer> {
  const record = new Uint8Array(RECORD_HEADER_BYTES + row.length);
  const view = new DataView(record.buffer);
  record.set(MAGIC);
  for (let at = 0; at < 32; at++) record[4 + at] = Number.parseInt(hash.slice(2 * at, 2 * at + 2), 16);
  view.setUint32(36, variant, true);
  view.setUint32(40, crc32(row), true);
  view.setUint32(44, crc32(record.subarray(0, 44)), true);
  record.set(row, RECORD_HEADER_BYTES);
  return record;
}

/** The header at the start of these bytes, or undefined when it was dropped or damaged. */
export function parseRecordHeader(bytes: Uint8Array, crc32: Crc32 = inJavaScript): RecordHeader | undefined {
  if (bytes.length < RECORD_HEADER_BYTES || MAGIC.some((byte, at) => bytes[at] !== byte)) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, RECORD_HEADER_BYTES);
  if (crc32(bytes.subarray(0, 44)) !== view.getUint32(44, true)) return undefined;
  return {
    hash: hexOf(bytes.subarray(4, 36)),
    variant: view.getUint32(36, true),
    crc: view.getUint32(40, true),
  };
}

/**
 * A record that came from elsewhere.
 * @throws CoreError `corrupt` for what is no whole, undamaged record.
 */
export function decodeRecord(
  space: Pick<FeatureSpace, "cacheType">,
  record: Uint8Array,
  crc32: Crc32 = inJavaScript,
): FeatureRow {
  const header = parseRecordHeader(record, crc32);
  const row = record.slice(RECORD_HEADER_BYTES);
  const width = space.cacheType === "float16" ? 2 : 4;
  if (!header || crc32(row) !== header.crc || row.length % width !== 0) {
    throw new CoreError("corrupt", {
      what: "A row of features is damaged.",
      received: `${record.length} bytes`,
      expected: "a whole record that matches its own checksums",
      fix: "Send it again.",
    });
  }
  return { key: { hash: header.hash, variant: header.variant }, row: decodeRow(space, row) };
}
