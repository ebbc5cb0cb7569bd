import type { UploadRepository } from "@graft/api";
import { and, asc, count, eq, getTableColumns, inArray, sum } from "drizzle-orm";
import { atomically, type Database, findAll, gone, inBatches, isOneOf } from "../database.ts";
import { above, BY_PATH, readPage } from "../page.ts";
import { uploadFiles, uploads } from "../schema/index.ts";
import { nameBlobs } from "./blob-names.ts";

/** Files that come and bytes that come wait for each other: the one asks for what the other writes. @returns whether it is there. */
async function lockUpload(tx: Database, id: string): Promise<boolean> {
  const found = await tx
    .select({ id: uploads.id })
    .from(uploads)
    .where(eq(uploads.id, id))
    .for("no key update");
  return found.length > 0;
}

export function uploadRepository(db: Database): UploadRepository {
  return {
    async create(upload) {
      await db.insert(uploads).values(upload);
    },
    async get(id) {
      return (await db.select().from(uploads).where(eq(uploads.id, id)))[0];
    },
    async update(id, change, from) {
      // a change of nothing still answers whether there is one in these states
      const changed = await db
        .update(uploads)
        .set({ id, ...change })
        .where(and(eq(uploads.id, id), from && inArray(uploads.state, [...from])))
        .returning({ id: uploads.id });
      return changed.length > 0;
    },
    ofDataset: (dataset) =>
      db
        .select()
        .from(uploads)
        .where(eq(uploads.dataset, dataset))
        .orderBy(asc(uploads.createdAt), asc(uploads.id)),
    inState: (state) =>
      db
        .select()
        .from(uploads)
        .where(eq(uploads.state, state))
        .orderBy(asc(uploads.createdAt), asc(uploads.id)),
    addFiles: (upload, files) =>
      atomically(db, async (tx) => {
        await nameBlobs(
          tx,
          files.filter(({ isHere }) => isHere).map(({ hash }) => hash),
        );
        if (!(await lockUpload(tx, upload))) throw gone("upload", upload);
        for await (const rows of inBatches(files))
          await tx
            .insert(uploadFiles)
            .values(rows.map((row) => ({ ...row, upload })))
            .onConflictDoNothing({ target: [uploadFiles.upload, uploadFiles.path] });
        const brought = tx
          .select({ hash: uploadFiles.hash })
          .from(uploadFiles)
          .where(and(eq(uploadFiles.upload, upload), eq(uploadFiles.isHere, true)));
        await tx
          .update(uploadFiles)
          .set({ isHere: true })
          .where(
            and(
              eq(uploadFiles.upload, upload),
              eq(uploadFiles.isHere, false),
              inArray(uploadFiles.hash, brought),
            ),
          );
        const [all] = await tx
          .select({ files: count(), bytes: sum(uploadFiles.bytes).mapWith(Number) })
          .from(uploadFiles)
          .where(eq(uploadFiles.upload, upload));
        return { files: all?.files ?? 0, bytes: all?.bytes ?? 0 };
      }),
    setHere: (upload, hash) =>
      atomically(db, async (tx) => {
        await nameBlobs(tx, [hash]);
        await lockUpload(tx, upload);
        await tx
          .update(uploadFiles)
          .set({ isHere: true })
          .where(and(eq(uploadFiles.upload, upload), eq(uploadFiles.hash, hash)));
      }),
    filesByPaths: (upload, paths) =>
      findAll(paths, (some) =>
        db
          .select()
          .from(uploadFiles)
          .where(and(eq(uploadFiles.upload, upload), isOneOf(uploadFiles.path, some))),
      ),
    async fileOfHash(upload, hash) {
      return (
        await db
          .select()
          .from(uploadFiles)
          .where(and(eq(uploadFiles.upload, upload), eq(uploadFiles.hash, hash)))
          .orderBy(asc(uploadFiles.path))
          .limit(1)
      )[0];
    },
    files: (upload, { isHere, ...request }) =>
      readPage(request, { schema: BY_PATH, of: ({ path }) => [path] }, (after, limit) =>
        db
          .select()
          .from(uploadFiles)
          .where(
            and(
              eq(uploadFiles.upload, upload),
              isHere === undefined ? undefined : eq(uploadFiles.isHere, isHere),
              above([uploadFiles.path], after),
            ),
          )
          .orderBy(asc(uploadFiles.path))
          .limit(limit),
      ),
    broughtBy: (account, hashes) =>
      findAll(hashes, (some) =>
        db
          .selectDistinctOn([uploadFiles.hash], getTableColumns(uploadFiles))
          .from(uploadFiles)
          .innerJoin(uploads, eq(uploads.id, uploadFiles.upload))
          .where(
            and(eq(uploads.account, account), eq(uploadFiles.isHere, true), isOneOf(uploadFiles.hash, some)),
          )
          .orderBy(asc(uploadFiles.hash), asc(uploadFiles.upload), asc(uploadFiles.path)),
      ),
    async removeFiles(upload) {
      const removed = await db
        .delete(uploadFiles)
        .where(eq(uploadFiles.upload, upload))
        .returning({ hash: uploadFiles.hash });
      return [...new Set(removed.map(({ hash }) => hash))];
    },
    async remove(id) {
      await db.delete(uploads).where(eq(uploads.id, id));
    },
  };
}
