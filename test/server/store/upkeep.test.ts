import { cpSync } from "node:fs";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openEngine } from "../../../apps/server/src/store/embedded/engine.ts";
import { upkeep } from "../../../apps/server/src/store/embedded/upkeep.ts";
import { openTestStore } from "../open-store.ts";

it("keeps the embedded store's log of changes short, and clears dead rows away", async () => {
  await using store = await openTestStore("pglite");
  await store.close();
  const folder = await mkdtemp(join(tmpdir(), "graft-upkeep-"));
  cpSync(join(store.home, "server/store"), folder, { recursive: true });
  const client = await openEngine(folder, { isSynced: false });
  try {
    const logFiles = async () =>
      (await readdir(join(folder, "pg_wal"))).filter((name) => /^[0-9A-F]{24}$/.test(name));
    const dead = async () => {
      // what a statement did is counted a second later else
      await client.exec("select pg_stat_force_next_flush()");
      const { rows } = await client.query(
        "select n_dead_tup::int as dead from pg_stat_user_tables where relname = 't'",
      );
      return rows;
    };
    await client.exec("create table t (a int primary key, b text)");
    const write = () =>
      client.exec(
        "insert into t select n, repeat(md5(n::text), 60) from generate_series(1, 20000) n on conflict (a) do update set b = excluded.b",
      );
    await upkeep(client, { areTablesDue: false });
    for (let n = 0; n < 2; n++) await write();
    const before = await logFiles();
    expect(before.length).toBeGreaterThan(4);
    expect(await dead()).toStrictEqual([{ dead: 20_000 }]);
    await upkeep(client, { areTablesDue: true });
    expect((await logFiles()).length).toBeLessThan(before.length);
    expect(await dead()).toStrictEqual([{ dead: 0 }]);
    // with nothing written there is nothing to do
    const checkpoint = () => client.query("select checkpoint_lsn from pg_control_checkpoint()");
    const { rows } = await checkpoint();
    await upkeep(client, { areTablesDue: true });
    expect((await checkpoint()).rows).toStrictEqual(rows);
  } finally {
    await client.close();
    await rm(folder, { recursive: true });
  }
});
