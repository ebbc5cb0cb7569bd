/**
 * Numbers in bytes: `GRAFTT1\n` (the digit is the format's version), the header's length and CRC-32 (uint32, little-endian
 * each), the header (JSON, padded with spaces to a multiple of 8 bytes with what is before it), then each tensor's
 * little-endian float32 in the header's order. The same on a disk, in a message and over a wire.
 */
import * as z from "zod";
import { CoreError } from "../errors.ts";
import type { ByteReader } from "../files/byte-reader.ts";
import { joinPieces } from "../files/join-pieces.ts";
import { newerVersionError } from "../files/newer-version.ts";
import { inputFaultsText } from "../input-faults.ts";
import type { Crc32 } from "../numbers/crc32.ts";

const VERSION = 1;
const MAGIC = `GRAFTT${VERSION}\n`;
/** Where the header's checksum stands. */
const CRC_AT = MAGIC.length + 4;
const PREFIX_BYTES = MAGIC.length + 8;
/** No header comes near it; a damaged length must not allocate gigabytes. */
const MAX_HEADER_BYTES = 64 * 2 ** 20;
const SPACE = 0x20;

const headerSchema = z.object({
  /** The caller's own, parsed by the caller. */
  facts: z.unknown(),
  tensors: z.array(z.object({ name: z.string(), length: z.int().min(0), crc: z.int().min(0) })),
});

/** What a file holds. */
export interface TensorFile {
  /** JSON. */
  readonly facts: unknown;
  readonly tensors: ReadonlyMap<string, Float32Array>;
}

/** One that was read, with the checksum of all of it: the header's, which has those of the tensors. */
export interface StoredTensorFile extends TensorFile {
  readonly crc: number;
}

/** A file in bytes. The pieces are views of its tensors: they are to be used before the tensors change. */
export interface EncodedTensorFile {
  readonly pieces: readonly Uint8Array[];
  /** Bytes of all pieces. */
  readonly size: number;
  /** The checksum of all of it. */
  readonly crc: number;
}

/** A file in one piece: on its way it may be read later than the arrays that its pieces lie on are used again. */
export const wholeFile = ({ pieces }: EncodedTensorFile): Uint8Array<ArrayBuffer> => joinPieces(pieces);

const bytesOf = (values: Float32Array): Uint8Array =>
  new Uint8Array(values.buffer, values.byteOffset, values.byteLength);

export function encodeTensorFile({ facts, tensors }: TensorFile, crc32: Crc32): EncodedTensorFile {
  const entries = [...tensors].map(([name, values]) => ({
    name,
    length: values.length,
    crc: crc32(bytesOf(values)),
  }));
  const text = new TextEncoder().encode(JSON.stringify({ facts, tensors: entries }));
  const padding = (8 - ((PREFIX_BYTES + text.length) % 8)) % 8;
  const head = new Uint8Array(PREFIX_BYTES + text.length + padding).fill(SPACE);
  head.set(new TextEncoder().encode(MAGIC));
  head.set(text, PREFIX_BYTES);
  const json = head.subarray(PREFIX_BYTES);
  const crc = crc32(json);
  const view = new DataView(head.buffer);
  view.setUint32(MAGIC.length, json.length, true);
  view.setUint32(CRC_AT, crc, true);
  const pieces = [head, ...[...tensors.values()].map(bytesOf)];
  return { pieces, size: pieces.reduce((sum, { length }) => sum + length, 0), crc };
}

function corrupt(path: string, received: string): CoreError {
  return new CoreError("corrupt", { what: `${path} is damaged.`, received }, { facts: { path } });
}

async function readHead(reader: ByteReader, path: string, crc32: Crc32) {
  const prefix = await reader.read(0, PREFIX_BYTES);
  const magic = new TextDecoder().decode(prefix.subarray(0, MAGIC.length));
  const version = Number(/^GRAFTT(\d)\n$/.exec(magic)?.[1]);
  if (version > VERSION)
    throw newerVersionError(path, `version ${version} of its format`, `version ${VERSION}`);
  if (prefix.length < PREFIX_BYTES || magic !== MAGIC) throw corrupt(path, "a different beginning");
  const view = new DataView(prefix.buffer, prefix.byteOffset);
  const length = view.getUint32(MAGIC.length, true);
  if (length > MAX_HEADER_BYTES) throw corrupt(path, "an impossible header length");
  const json = await reader.read(PREFIX_BYTES, length);
  if (json.length < length) throw corrupt(path, "a file that ends inside its header");
  const crc = view.getUint32(CRC_AT, true);
  if (crc32(json) !== crc) throw corrupt(path, "a header that does not match its checksum");
  const header: unknown = JSON.parse(new TextDecoder().decode(json));
  const parsed = headerSchema.safeParse(header);
  if (!parsed.success) throw corrupt(path, inputFaultsText(parsed.error, header));
  return { ...parsed.data, crc, end: PREFIX_BYTES + length };
}

/**
 * @param path of the file, for messages.
 * @throws CoreError `corrupt` for anything but a whole file, `unsupported` for a newer format; errors of the reader as they are.
 */
export async function decodeTensorFile(
  reader: ByteReader,
  path: string,
  crc32: Crc32,
): Promise<StoredTensorFile> {
  const head = await readHead(reader, path, crc32);
  const expected = head.tensors.reduce((end, { length }) => end + length * 4, head.end);
  if (reader.size !== expected) throw corrupt(path, `${reader.size} bytes instead of ${expected}`);
  const tensors = new Map<string, Float32Array>();
  let position = head.end;
  for (const { name, length, crc } of head.tensors) {
    const bytes = await reader.read(position, length * 4);
    if (bytes.length < length * 4 || crc32(bytes) !== crc)
      throw corrupt(path, `${name} does not match its checksum`);
    position += bytes.length;
    tensors.set(name, new Float32Array(bytes.buffer, bytes.byteOffset, length));
  }
  return { facts: head.facts, tensors, crc: head.crc };
}
