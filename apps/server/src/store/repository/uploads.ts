import type { UploadRepository } from "@graft/api";
import { and, asc, eq, inArray } from "drizzle-orm";
import { atomically, type Database, inBatches } from "../database.ts";
import { above, BY_PATH, readPage } from "../page.ts";
import { uploadFiles, uploads } from "../schema/index.ts";
import { nameBlobs } from "./blob-names.ts";

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
        for await (const rows of inBatches(files))
          await tx
            .insert(uploadFiles)
            .values(rows.map((row) => ({ ...row, upload })))
            .onConflictDoNothing({ target: [uploadFiles.upload, uploadFiles.path] });
      }),
    setHere: (upload, hash) =>
      atomically(db, async (tx) => {
        await nameBlobs(tx, [hash]);
        await tx
          .update(uploadFiles)
          .set({ isHere: true })
          .where(and(eq(uploadFiles.upload, upload), eq(uploadFiles.hash, hash)));
      }),
    async file(upload, path) {
      return (
        await db
          .select()
          .from(uploadFiles)
          .where(and(eq(uploadFiles.upload, upload), eq(uploadFiles.path, path)))
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
    async remove(id) {
      await db.delete(uploads).where(eq(uploads.id, id));
    },
  };
}
