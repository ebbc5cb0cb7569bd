import { createHash } from "node:crypto";
import { open } from "node:fs/promises";
import { CoreError } from "../errors.ts";
import { writeAll } from "./write-all-node.ts";

/** Bytes that are written or read while the ones before are hashed: large enough for the disk, small beside the model. */
const CHUNK_BYTES = 4 * 2 ** 20;

/**
 * Writes a new file piece by piece, never holding it whole, and syncs it.
 * @returns sha256 of the content, hex.
 */
export async function writeHashed(
  path: string,
  pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
): Promise<string> {
  const hash = createHash("sha256");
  const file = await open(path, "wx");
  try {
    for await (const piece of pieces) {
      for (let start = 0; start < piece.length; start += CHUNK_BYTES) {
        const chunk = piece.subarray(start, start + CHUNK_BYTES);
        const written = writeAll(file, chunk);
        hash.update(chunk);
        await written;
      }
    }
    await file.sync();
  } finally {
    await file.close();
  }
  return hash.digest("hex");
}

/**
 * Reads a whole file and checks it.
 * @param sha256 of the content that it must have, hex.
 * @returns the content at the start of a buffer of its own, so that typed arrays may lie on it.
 * @throws CoreError `corrupt` when the content is another; whatever node:fs throws.
 */
export async function readHashed(path: string, sha256: string): Promise<Uint8Array<ArrayBuffer>> {
  const file = await open(path, "r");
  const hash = createHash("sha256");
  try {
    const { size } = await file.stat();
    const bytes = new Uint8Array(size);
    let hashed = 0;
    for (let length = 0; length < size; ) {
      const reading = file.read(bytes, length, Math.min(CHUNK_BYTES, size - length), length);
      hash.update(bytes.subarray(hashed, length));
      hashed = length;
      const { bytesRead } = await reading;
      if (bytesRead === 0) break;
      length += bytesRead;
    }
    const found = hash.update(bytes.subarray(hashed)).digest("hex");
    if (found === sha256) return bytes;
    throw new CoreError("corrupt", {
      what: `${path} is damaged: its content is not what was written.`,
      received: `sha256 ${found}`,
      expected: sha256,
      fix: "Copy the model's folder again from where it is whole, or train it again.",
    });
  } finally {
    await file.close();
  }
}
