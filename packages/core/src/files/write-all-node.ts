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
