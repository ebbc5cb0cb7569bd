import { closeSync, existsSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { openStore } from "@graft/server";
import { sql } from "drizzle-orm";
import { expect, it } from "vitest";
import { mountSmallDisk } from "../../small-disk.ts";

const disk = await mountSmallDisk("128m");
/** A file of PostgreSQL's log holds 16 MB; before the next one would be needed three times, something must be said. */
const MOST_WRITES = 64;

it.skipIf(disk.refusal !== undefined)(
  `an embedded store on a full disk refuses changes, is read, and goes on when there is room${disk.refusal ? `, skipped: ${disk.refusal}` : ""}`,
  async () => {
    await using store = await openStore({ home: disk.small });
    const { database } = store;
    const path = join(disk.small, "ballast");
    const ballast = openSync(path, "w");
    const fill = (): void => {
      for (const bytes of [1 << 20, 4096])
        try {
          for (;;) writeSync(ballast, Buffer.alloc(bytes));
        } catch {
          // no room for so many
        }
    };
    // log alone: no table grows, whose files say no in time
    const write = () =>
      database.execute(sql`select pg_logical_emit_message(true, 'x', repeat(md5(random()::text), 32768))`);
    const change = () => store.repository.leases.acquire("a", { holder: "b", now: 0, until: 1 });
    // its table has its place before
    await change();
    fill();
    let refused: unknown;
    let writes = 0;
    for (; writes < MOST_WRITES && refused === undefined; writes++) {
      await write();
      fill();
      refused = await change().then(
        () => undefined,
        (error: unknown) => error,
      );
    }
    expect(refused).toMatchObject({ code: "disk-full" });
    expect(writes, "the log came to the end of its file").toBeGreaterThan(3);
    expect(existsSync(join(disk.small, "server/store.reserve"))).toBe(false);
    expect(await store.repository.workers.list()).toEqual([]);
    closeSync(ballast);
    rmSync(path);
    while ((await change().catch(() => undefined)) !== "b")
      await new Promise((resolve) => setTimeout(resolve, 100));
    await write();
  },
);
