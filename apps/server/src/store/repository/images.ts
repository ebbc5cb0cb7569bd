import type { ImageFilter, ImageRepository, ImageRow } from "@graft/api";
import { and, asc, desc, eq, isNull, like, type SQL, sql } from "drizzle-orm";
import { type Database, findAll, isOneOf } from "../database.ts";
import { above, BY_PATH, BY_TIME, below, readPage } from "../page.ts";
import { Patience } from "../patience.ts";
import { datasets, images } from "../schema/index.ts";
import { addImages, COLUMNS, folded, removeImages } from "./image-changes.ts";

const LIST_ROWS = 500;

function isLike({ class: inClass, use, part, search }: ImageFilter): SQL | undefined {
  const pattern = search && `%${folded(search).replaceAll(/[\\%_]/g, "\\$&")}%`;
  return and(
    inClass === null ? isNull(images.class) : inClass === undefined ? undefined : eq(images.class, inClass),
    use && eq(images.use, use),
    // the index of those that are not in use asks for it in these words
    use === "out" || use === "broken" ? sql`${images.use} <> 'in'` : undefined,
    part && eq(images.part, part),
    pattern ? like(images.folded, pattern) : undefined,
  );
}

export function imageRepository(db: Database, patience = new Patience()): ImageRepository {
  const rows = () => db.select(COLUMNS).from(images);
  const byPath = (where: SQL | undefined, after: readonly string[] | undefined, limit: number) =>
    rows()
      .where(and(where, above([images.path], after)))
      .orderBy(asc(images.path))
      .limit(limit);
  return {
    async get(id) {
      return (await rows().where(eq(images.id, id)))[0];
    },
    async getMany(ids) {
      const found = await findAll(ids, (some) => rows().where(isOneOf(images.id, some)));
      const byId = new Map(found.map((row) => [row.id, row]));
      return ids.flatMap((id) => byId.get(id) ?? []);
    },
    page(dataset, { sort = "path", after, limit, ...filter }) {
      const where = and(eq(images.dataset, dataset), isLike(filter));
      if (sort === "path")
        return readPage(
          { after, limit },
          { schema: BY_PATH, of: (row: ImageRow) => [row.path] },
          (key, most) => byPath(where, key, most),
        );
      return readPage(
        { after, limit },
        { schema: BY_TIME, of: (row: ImageRow) => [row.addedAt, row.id] },
        (key, most) =>
          rows()
            .where(and(where, below([images.addedAt, images.id], key)))
            .orderBy(desc(images.addedAt), desc(images.id))
            .limit(most),
      );
    },
    async *all(dataset) {
      let after: readonly string[] | undefined;
      for (;;) {
        const page: readonly ImageRow[] = await patience.ask(() =>
          byPath(eq(images.dataset, dataset), after, LIST_ROWS),
        );
        if (page.length > 0) yield page;
        const last = page.at(-1);
        if (!last || page.length < LIST_ROWS) return;
        after = [last.path];
      }
    },
    byPaths: (dataset, paths) =>
      findAll(paths, (some) => rows().where(and(eq(images.dataset, dataset), isOneOf(images.path, some)))),
    byHashes: (dataset, hashes) =>
      findAll(hashes, (some) => rows().where(and(eq(images.dataset, dataset), isOneOf(images.hash, some)))),
    ofAccount: (account, hashes) =>
      findAll(hashes, (some) =>
        db
          .selectDistinctOn([images.hash], COLUMNS)
          .from(images)
          .innerJoin(datasets, eq(datasets.id, images.dataset))
          .where(and(eq(datasets.owner, account), isOneOf(images.hash, some)))
          .orderBy(asc(images.hash), asc(images.id)),
      ),
    add: (dataset, added) => addImages(db, dataset, added),
    remove: (dataset, ids, at) => removeImages(db, dataset, ids, at),
  };
}
