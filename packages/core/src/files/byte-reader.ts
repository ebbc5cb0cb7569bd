import type { Folder } from "./folder.ts";

/** Bytes of which parts are read: a file, or a message that is all there. */
export interface ByteReader {
  readonly size: number;
  /** At the start of a buffer of their own; fewer at the end. */
  read(start: number, length: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** @param bytes stay the caller's: what is read is a copy. */
export function bytesReader(bytes: Uint8Array): ByteReader {
  const read = async (start: number, length: number): Promise<Uint8Array<ArrayBuffer>> =>
    new Uint8Array(bytes.subarray(start, start + length));
  return { size: bytes.length, read };
}

/** @returns undefined where there is no file. A file that goes away meanwhile ends early. */
export async function fileReader(folder: Folder, path: string): Promise<ByteReader | undefined> {
  const size = await folder.size(path);
  if (size === undefined) return undefined;
  const read = async (start: number, length: number): Promise<Uint8Array<ArrayBuffer>> =>
    (await folder.readRange(path, start, length)) ?? new Uint8Array();
  return { size, read };
}
