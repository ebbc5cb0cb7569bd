import { randomBytes } from "node:crypto";
import { open, rename, rm } from "node:fs/promises";
import { dirname, resolve } from "node:path";
import { CoreError, throwIfCancelled } from "@graft/core";
import { isDiskFull, syncFolder, writePieces, writeRefusal } from "@graft/core/node";
import type { BackupManifest } from "./archive/backup-form.ts";
import { openArchive } from "./archive/open-archive.ts";

export interface PlaceBackupOptions {
  /** Told now and then: bytes that were written, then bytes that were read again. */
  readonly onProgress?: ((progress: BackupProgress) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface BackupProgress {
  readonly phase: "writing" | "checking";
  readonly done: number;
  readonly total: number;
}

/**
 * Writes a backup's file, for its owner alone: beside its name, synced, read again and checked, then renamed.
 * @returns what it says of itself.
 * @throws CoreError `corrupt` for one that came damaged or cut off, `disk-full`, `bad-input` for a place that cannot be written,
 *   what the pieces throw. Nothing stays then, and what was there is as it was.
 */
export async function placeBackup(
  path: string,
  pieces: AsyncIterable<Uint8Array>,
  options: PlaceBackupOptions & { readonly bytes: number },
): Promise<BackupManifest> {
  const target = resolve(path);
  const part = `${target}.${randomBytes(4).toString("hex")}.part`;
  try {
    await writePieces(await open(part, "wx", 0o600), counted(pieces, options));
    const manifest = await checked(part, options);
    await rename(part, target);
    await syncFolder(dirname(target));
    return manifest;
  } catch (error) {
    await rm(part, { force: true });
    throw placingError(error, target);
  }
}

async function* counted(
  pieces: AsyncIterable<Uint8Array>,
  { bytes, onProgress, signal }: PlaceBackupOptions & { readonly bytes: number },
): AsyncGenerator<Uint8Array> {
  let done = 0;
  for await (const piece of pieces) {
    throwIfCancelled(signal);
    yield piece;
    done += piece.length;
    onProgress?.({ phase: "writing", done, total: bytes });
  }
}

async function checked(path: string, { onProgress, signal }: PlaceBackupOptions): Promise<BackupManifest> {
  await using archive = await openArchive(path);
  await archive.check({
    signal,
    onProgress: ({ done, total }) => onProgress?.({ phase: "checking", done, total }),
  });
  return archive.manifest;
}

function placingError(error: unknown, path: string): unknown {
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  if (error instanceof CoreError || typeof code !== "string" || !/^E[A-Z]+$/.test(code)) return error;
  const isFull = isDiskFull(error);
  return new CoreError(
    isFull ? "disk-full" : "bad-input",
    {
      what: isFull ? "There is no room on the disk for the backup." : "The backup cannot be written.",
      received: writeRefusal(path, error),
      fix: isFull
        ? "Free some space and try again."
        : "Choose a folder that exists and that you may write to.",
    },
    { cause: error },
  );
}
