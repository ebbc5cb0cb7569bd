import type { RunFileRow, RunRepository } from "@graft/api";
import { and, asc, eq, gte, lt, sql } from "drizzle-orm";
import { atomically, type Database, gone, inBatches, isOneOf } from "../database.ts";
import { runFiles, runs } from "../schema/index.ts";
import { nameBlobs } from "./blob-names.ts";

/** Paths below a folder come after "folder/" and before "folder0": "0" follows "/". */
const below = (under: string) => and(gte(runFiles.path, `${under}/`), lt(runFiles.path, `${under}0`));

export function runFileReads(db: Database): Pick<RunRepository, "files" | "file"> {
  return {
    files: (run, under) =>
      db
        .select()
        .from(runFiles)
        .where(and(eq(runFiles.run, run), under === undefined ? undefined : below(under)))
        .orderBy(asc(runFiles.path)),
    async file(run, path) {
      return (
        await db
          .select()
          .from(runFiles)
          .where(and(eq(runFiles.run, run), eq(runFiles.path, path)))
      )[0];
    },
  };
}

export const changeRunFiles = (
  db: Database,
  run: string,
  { put, remove }: { readonly put: readonly RunFileRow[]; readonly remove: readonly string[] },
): Promise<readonly string[]> =>
  atomically(db, async (tx) => {
    await nameBlobs(
      tx,
      put.map(({ hash }) => hash),
    );
    const [found] = await tx.select({ id: runs.id }).from(runs).where(eq(runs.id, run)).for("no key update");
    if (!found) throw gone("run", run);
    const paths = [...new Set([...remove, ...put.map(({ path }) => path)])];
    const before = await tx
      .select({ hash: runFiles.hash })
      .from(runFiles)
      .where(and(eq(runFiles.run, run), isOneOf(runFiles.path, paths)));
    await tx.delete(runFiles).where(and(eq(runFiles.run, run), isOneOf(runFiles.path, remove)));
    for await (const rows of inBatches(put))
      await tx
        .insert(runFiles)
        .values(rows.map((row) => ({ ...row, run })))
        .onConflictDoUpdate({
          target: [runFiles.run, runFiles.path],
          set: { hash: sql`excluded.hash`, bytes: sql`excluded.bytes` },
        });
    const now = new Set(put.map(({ hash }) => hash));
    return [...new Set(before.map(({ hash }) => hash))].filter((hash) => !now.has(hash));
  });
