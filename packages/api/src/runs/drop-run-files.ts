import { CoreError } from "@graft/core";
import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import { inPages } from "../ports/in-pages.ts";
import type { Repository } from "../ports/repository.ts";
import type { ApiRunState, RunFileRow } from "../ports/rows.ts";

export interface DropRunFilesParts {
  readonly repository: Pick<Repository, "runs" | "blobs">;
  readonly keeper: Pick<BlobKeeper, "drop">;
}

/** What of runs' files goes. */
export interface DroppedFiles {
  /** Files below this folder. */
  readonly under: string;
  /** Files that are of use together only, by a name for them: all of them go, or none. */
  readonly groupOf: (file: RunFileRow) => string;
  /** Of a file: it may go. */
  readonly mayGo: (file: RunFileRow) => boolean;
  /** Of runs in these states alone. @default all */
  readonly states?: readonly ApiRunState[];
}

/** A run that was deleted meanwhile took its files with it. */
function noneOfGone(error: unknown): readonly string[] {
  if (error instanceof CoreError && error.code === "not-found") return [];
  throw error;
}

/** Removes files of runs. @returns what that freed: bytes that others name as well stay. */
export async function dropRunFiles(
  { repository: { runs, blobs }, keeper }: DropRunFilesParts,
  { under, groupOf, mayGo, states }: DroppedFiles,
): Promise<{ readonly count: number; readonly bytes: number }> {
  const freed = new Map<string, number>();
  for (const { id } of await inPages((request) => runs.page({ ...request, states }))) {
    const files = await runs.files(id, under);
    const staying = new Set(files.filter((file) => !mayGo(file)).map(groupOf));
    const going = files.filter((file) => !staying.has(groupOf(file)));
    if (going.length === 0) continue;
    const remove = going.map(({ path }) => path);
    const dropped = new Set(await runs.changeFiles(id, { put: [], remove }).catch(noneOfGone));
    await keeper.drop(dropped);
    const named = await blobs.named([...dropped]);
    for (const { hash, bytes } of going) if (dropped.has(hash) && !named.has(hash)) freed.set(hash, bytes);
  }
  return { count: freed.size, bytes: [...freed.values()].reduce((sum, bytes) => sum + bytes, 0) };
}
