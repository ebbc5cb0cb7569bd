import type { FileHandle } from "node:fs/promises";

/** One call takes less than 2 GiB. */
const CALL_BYTES = 2 ** 30;

/**
 * Writes all bytes: a system's call may take a part of them.
 * @param position in the file. @default where the file stands
 */
export async function writeAll(file: FileHandle, bytes: Uint8Array, position?: number): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const length = Math.min(bytes.length - offset, CALL_BYTES);
    const at = position === undefined ? null : position + offset;
    offset += (await file.write(bytes, offset, length, at)).bytesWritten;
  }
}

/** Writes pieces one behind the other where the file stands, by one call of the system where it takes them. */
export async function writeBatch(file: FileHandle, pieces: readonly Uint8Array[]): Promise<void> {
  const bytes = pieces.reduce((sum, { length }) => sum + length, 0);
  if (bytes === 0) return;
  let done = bytes > CALL_BYTES ? 0 : (await file.writev(pieces)).bytesWritten;
  for (const piece of pieces) {
    await writeAll(file, piece.subarray(done));
    done = Math.max(0, done - piece.length);
  }
}
