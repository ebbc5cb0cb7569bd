import { makeZip, predictLength } from "client-zip";

/** A file for an archive, whose bytes are asked for when its turn comes. */
export interface ZippedFile {
  /** "/" between folders. */
  readonly path: string;
  readonly bytes: number;
  readonly read: () => AsyncIterable<Uint8Array>;
}

/** A zip of stored entries: nothing that it holds is made smaller, and nobody holds it whole. */
export interface ZipStream {
  readonly bytes: number;
  /** @throws what reading a file throws. */
  readonly stream: () => AsyncIterable<Uint8Array>;
}

async function* read(file: ZippedFile): AsyncIterable<Uint8Array<ArrayBuffer>> {
  for await (const piece of file.read())
    yield piece.buffer instanceof ArrayBuffer
      ? new Uint8Array(piece.buffer, piece.byteOffset, piece.byteLength)
      : new Uint8Array(piece);
}

/** @param options.modifiedAt of all files. */
export function zipFiles(
  files: readonly ZippedFile[],
  { modifiedAt }: { readonly modifiedAt: Date },
): ZipStream {
  const facts = files.map(({ path, bytes }) => ({ name: path, size: bytes, lastModified: modifiedAt }));
  return {
    bytes: Number(predictLength(facts)),
    stream: () =>
      makeZip(
        files.map((file) => ({
          ...{ name: file.path, size: file.bytes, lastModified: modifiedAt },
          input: read(file),
        })),
      ),
  };
}
