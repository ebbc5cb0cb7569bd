import type { open } from "node:fs/promises";
import type { Pieces } from "./folder.ts";
import { writeAll } from "./write-all-node.ts";

type FileHandle = Awaited<ReturnType<typeof open>>;

/**
 * Writes pieces from a file's start on, cuts it off behind them, syncs and closes it. A piece is on its way to the disk while the
 * next one is made: whoever hashes what it gives loses no time by it.
 */
export async function writePieces(file: FileHandle, pieces: Pieces): Promise<void> {
  try {
    let end = 0;
    let writing = Promise.resolve();
    try {
      for await (const piece of pieces) {
        await writing;
        writing = writeAll(file, piece);
        // awaited only when the next piece is there, and Node ends a process for a failure that nobody waits for
        writing.catch(() => undefined);
        end += piece.length;
      }
    } finally {
      await writing;
    }
    if ((await file.stat()).size > end) await file.truncate(end);
    await file.sync();
  } finally {
    await file.close();
  }
}
