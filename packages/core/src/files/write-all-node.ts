import type { FileHandle } from "node:fs/promises";

/** One call takes less than 2 GiB. */
const CALL_BYTES = 2 ** 30;

/** Writes all bytes at the file's position: a system's call may take a part of them. */
export async function writeAll(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let offset = 0; offset < bytes.length; ) {
    const length = Math.min(bytes.length - offset, CALL_BYTES);
    offset += (await file.write(bytes, offset, length)).bytesWritten;
  }
}
