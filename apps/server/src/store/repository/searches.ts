import type { SearchRepository } from "@graft/api";
import { and, desc, eq, inArray } from "drizzle-orm";
import { atomically, type Database } from "../database.ts";
import { BY_TIME, below, readPage } from "../page.ts";
import { searches } from "../schema/index.ts";
import { nameBlobs } from "./blob-names.ts";

export function searchRepository(db: Database): SearchRepository {
  return {
    create: (search) =>
      atomically(db, async (tx) => {
        await nameBlobs(tx, [search.frozen]);
        await tx.insert(searches).values(search);
      }),
    async get(id) {
      return (await db.select().from(searches).where(eq(searches.id, id)))[0];
    },
    page: ({ dataset, owner, states, ...request }) =>
      readPage(request, { schema: BY_TIME, of: ({ createdAt, id }) => [createdAt, id] }, (after, limit) =>
        db
          .select()
          .from(searches)
          .where(
            and(
              dataset === undefined ? undefined : eq(searches.dataset, dataset),
              owner === undefined ? undefined : eq(searches.owner, owner),
              states && inArray(searches.state, [...states]),
              below([searches.createdAt, searches.id], after),
            ),
          )
          .orderBy(desc(searches.createdAt), desc(searches.id))
          .limit(limit),
      ),
    async update(id, change, from) {
      // a change of nothing still answers whether there is one in these states
      const changed = await db
        .update(searches)
        .set({ id, ...change })
        .where(and(eq(searches.id, id), from && inArray(searches.state, [...from])))
        .returning({ id: searches.id });
      return changed.length > 0;
    },
    async remove(id) {
      await db.delete(searches).where(eq(searches.id, id));
    },
  };
}
