import type { open } from "node:fs/promises";
import type { Pieces } from "./folder.ts";
import { writeBatch } from "./write-all-node.ts";

type FileHandle = Awaited<ReturnType<typeof open>>;

/** Bytes that go to the disk at once: large enough for it, small beside a model. */
const BATCH_BYTES = 4 * 2 ** 20;

/**
 * Writes pieces from a file's start on, cuts it off behind them, syncs and closes it. They are on their way to the disk, many
 * small ones at once, while the next ones are made: whoever hashes what it gives loses no time by it.
 */
export async function writePieces(file: FileHandle, pieces: Pieces): Promise<void> {
  try {
    let end = 0;
    let batch: Uint8Array[] = [];
    let batchBytes = 0;
    let writing = Promise.resolve();
    try {
      for await (const piece of pieces) {
        batch.push(piece);
        batchBytes += piece.length;
        end += piece.length;
        if (batchBytes < BATCH_BYTES) continue;
        await writing;
        writing = writeBatch(file, batch);
        // awaited only when the next pieces are there, and Node ends a process for a failure that nobody waits for
        writing.catch(() => undefined);
        batch = [];
        batchBytes = 0;
      }
    } finally {
      await writing;
    }
    await writeBatch(file, batch);
    if ((await file.stat()).size > end) await file.truncate(end);
    await file.sync();
  } finally {
    await file.close();
  }
}
