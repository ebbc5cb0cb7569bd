import type { LeaseRepository, WorkerRepository } from "@graft/api";
import { and, asc, eq, gt, sql } from "drizzle-orm";
import type { Database } from "../database.ts";
import { leases, workers } from "../schema/index.ts";

export function leaseRepository(db: Database): LeaseRepository {
  return {
    async acquire(name, { holder, now, until }) {
      for (;;) {
        const mine = await db
          .insert(leases)
          .values({ name, holder, until })
          .onConflictDoUpdate({
            target: leases.name,
            set: { holder, until },
            setWhere: sql`${leases.until} <= ${now} or ${leases.holder} = ${holder}`,
          })
          .returning({ holder: leases.holder });
        if (mine.length > 0) return holder;
        const [other] = await db.select().from(leases).where(eq(leases.name, name));
        // it may be let go between the two questions
        if (other) return other.holder;
      }
    },
    async release(name, holder) {
      await db.delete(leases).where(and(eq(leases.name, name), eq(leases.holder, holder)));
    },
    async holder(name, now) {
      const [found] = await db
        .select({ holder: leases.holder })
        .from(leases)
        .where(and(eq(leases.name, name), gt(leases.until, now)));
      return found?.holder;
    },
  };
}

export function workerRepository(db: Database): WorkerRepository {
  return {
    async put(worker) {
      const { id, ...rest } = worker;
      await db
        .insert(workers)
        .values({ id, ...rest })
        .onConflictDoUpdate({ target: workers.id, set: rest });
    },
    async heard(id, { at, job }) {
      const changed = await db
        .update(workers)
        .set({ heardAt: at, job })
        .where(eq(workers.id, id))
        .returning({ id: workers.id });
      return changed.length > 0;
    },
    list: () => db.select().from(workers).orderBy(asc(workers.startedAt), asc(workers.id)),
    async remove(id) {
      await db.delete(workers).where(eq(workers.id, id));
    },
  };
}
