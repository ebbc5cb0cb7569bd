import type { AuditRepository, TokenRepository } from "@graft/api";
import { and, desc, eq, isNull, lt, or } from "drizzle-orm";
import type { Database } from "../database.ts";
import { BY_TIME, below, readPage } from "../page.ts";
import { audit, tokens } from "../schema/index.ts";

export function tokenRepository(db: Database): TokenRepository {
  return {
    async create(token) {
      await db.insert(tokens).values(token);
    },
    async byHash(hash) {
      return (await db.select().from(tokens).where(eq(tokens.hash, hash)))[0];
    },
    async get(id) {
      return (await db.select().from(tokens).where(eq(tokens.id, id)))[0];
    },
    page: ({ account, ...request }) =>
      readPage(request, { schema: BY_TIME, of: ({ createdAt, id }) => [createdAt, id] }, (after, limit) =>
        db
          .select()
          .from(tokens)
          .where(
            and(
              account === undefined ? undefined : eq(tokens.account, account),
              below([tokens.createdAt, tokens.id], after),
            ),
          )
          .orderBy(desc(tokens.createdAt), desc(tokens.id))
          .limit(limit),
      ),
    async revoke(id, at) {
      const changed = await db
        .update(tokens)
        .set({ revokedAt: at })
        .where(and(eq(tokens.id, id), isNull(tokens.revokedAt)))
        .returning({ id: tokens.id });
      return changed.length > 0;
    },
    async used(id, { at, from }) {
      await db
        .update(tokens)
        .set({ lastUsedAt: at, lastFrom: from })
        .where(and(eq(tokens.id, id), or(isNull(tokens.lastUsedAt), lt(tokens.lastUsedAt, at))));
    },
  };
}

export function auditRepository(db: Database): AuditRepository {
  return {
    async add(row) {
      await db.insert(audit).values(row);
    },
    page: ({ by, ...request }) =>
      readPage(request, { schema: BY_TIME, of: ({ at, id }) => [at, id] }, (after, limit) =>
        db
          .select()
          .from(audit)
          .where(and(by === undefined ? undefined : eq(audit.by, by), below([audit.at, audit.id], after)))
          .orderBy(desc(audit.at), desc(audit.id))
          .limit(limit),
      ),
  };
}
