import type { AccountRepository } from "@graft/api";
import { CoreError } from "@graft/core";
import { and, asc, eq, gt, inArray, isNull, or, sql } from "drizzle-orm";
import { atomically, type Database, gone, inBatches, isOneOf } from "../database.ts";
import { above, BY_NAME, readPage } from "../page.ts";
import { accounts, datasets, groups, tokens } from "../schema/index.ts";
import { sqlState } from "../store-error.ts";

function taken(error: unknown): unknown {
  if (sqlState(error) !== "23505") return error;
  const what = "Somebody has this name already.";
  return new CoreError("conflict", { what, fix: "Choose another name." }, { cause: error });
}

async function removeAccounts(tx: Database, ids: readonly string[]): Promise<void> {
  const [owned] = await tx
    .select({ name: datasets.name })
    .from(datasets)
    .where(isOneOf(datasets.owner, ids))
    .limit(1);
  if (owned) {
    const what = "An account that still has data sets cannot be removed.";
    throw new CoreError("conflict", { what, received: owned.name, fix: "Delete its data sets first." });
  }
  await tx.delete(accounts).where(isOneOf(accounts.id, ids));
}

export function accountRepository(db: Database): AccountRepository {
  return {
    async create(account) {
      await db
        .insert(accounts)
        .values(account)
        .catch((error: unknown) => {
          throw taken(error);
        });
    },
    async get(id) {
      return (await db.select().from(accounts).where(eq(accounts.id, id)))[0];
    },
    page: ({ group, ...request }) =>
      readPage(request, { schema: BY_NAME, of: ({ name, id }) => [name, id] }, (after, limit) =>
        db
          .select()
          .from(accounts)
          .where(
            and(
              group === undefined ? undefined : eq(accounts.group, group),
              above([accounts.name, accounts.id], after),
            ),
          )
          .orderBy(asc(accounts.name), asc(accounts.id))
          .limit(limit),
      ),
    async createGroup(group, members, theirTokens) {
      await atomically(db, async (tx) => {
        await tx.insert(groups).values(group);
        for await (const rows of inBatches(members)) await tx.insert(accounts).values(rows);
        for await (const rows of inBatches(theirTokens)) await tx.insert(tokens).values(rows);
      }).catch((error: unknown) => {
        throw taken(error);
      });
    },
    async getGroup(id) {
      return (await db.select().from(groups).where(eq(groups.id, id)))[0];
    },
    groups: () => db.select().from(groups).orderBy(asc(groups.createdAt), asc(groups.id)),
    async end(id, at) {
      const changed = await db
        .update(accounts)
        .set({ endsAt: sql`least(${accounts.endsAt}, ${at}::bigint)` })
        .where(eq(accounts.id, id))
        .returning({ id: accounts.id });
      if (changed.length === 0) throw gone("account", id);
    },
    async endGroup(id, at) {
      await atomically(db, async (tx) => {
        const changed = await tx
          .update(groups)
          .set({ endsAt: at })
          .where(eq(groups.id, id))
          .returning({ id: groups.id });
        if (changed.length === 0) throw gone("group", id);
        const members = tx.select({ id: accounts.id }).from(accounts).where(eq(accounts.group, id));
        await tx
          .update(tokens)
          .set({ endsAt: at })
          .where(and(inArray(tokens.account, members), or(isNull(tokens.endsAt), gt(tokens.endsAt, at))));
        await tx
          .update(accounts)
          .set({ endsAt: at })
          .where(and(eq(accounts.group, id), or(isNull(accounts.endsAt), gt(accounts.endsAt, at))));
      });
    },
    async removeGroup(id) {
      await atomically(db, async (tx) => {
        const members = await tx.select({ id: accounts.id }).from(accounts).where(eq(accounts.group, id));
        await removeAccounts(
          tx,
          members.map((member) => member.id),
        );
        await tx.delete(groups).where(eq(groups.id, id));
      });
    },
    remove: (ids) => atomically(db, (tx) => removeAccounts(tx, ids)),
  };
}
