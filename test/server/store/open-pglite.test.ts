import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@graft/server";
import { sql } from "drizzle-orm";
import { afterAll, describe, expect, it } from "vitest";
import { openEngine, POSTGRES_MAJOR } from "../../../apps/server/src/store/embedded/engine.ts";
import { openPglite } from "../../../apps/server/src/store/embedded/open-pglite.ts";
import { makeStore } from "../../../apps/server/src/store/embedded/prepared-store.ts";
import { packFolder, unpackFolder } from "../../../apps/server/src/store/embedded/tar.ts";
import { FROM_SOURCES } from "../../from-sources.ts";
import { itLong } from "../../long.ts";
import { sampleAccount } from "../contract/sample-rows.ts";
import { openTestStore } from "../open-store.ts";
import { writeNextMigrations } from "./next-migration.ts";

const folder = await mkdtemp(join(tmpdir(), "graft-open-store-"));
afterAll(() => rm(folder, { recursive: true }));

/** A process that has the store of a home open. */
async function holder(home: string): Promise<ChildProcess> {
  const script = join(import.meta.dirname, "hold-store-child.ts");
  const child = fork(script, [home], { execArgv: [...FROM_SOURCES], stdio: "inherit" });
  await once(child, "message");
  return child;
}

describe("the embedded store of a home", () => {
  it("is one process's at a time; who is killed has it no more", async () => {
    await using store = await openTestStore("pglite");
    const { home } = store;
    const account = sampleAccount();
    await store.repository.accounts.create(account);
    expect((await stat(join(home, "server/store"))).mode & 0o077, "only its user reads it").toBe(0);
    await expect(openStore({ home }), "the same process").rejects.toMatchObject({ code: "conflict" });
    await store.close();
    const child = await holder(home);
    await expect(openStore({ home })).rejects.toMatchObject({
      ...{ code: "conflict", facts: { pid: child.pid } },
      message: expect.stringContaining(`process ${child.pid}`),
    });
    child.kill("SIGKILL");
    await once(child, "exit");
    await using again = await store.reopen();
    expect(await again.repository.accounts.get(account.id)).toStrictEqual(account);
  });

  it("begins anew after a first start that was killed", async () => {
    await using store = await openTestStore("pglite");
    await store.close();
    const [server, home] = [join(store.home, "server"), join(folder, "killed")];
    await mkdir(join(home, "server/store.new/base"), { recursive: true });
    await writeFile(join(home, "server/store.new/PG_VERSION"), POSTGRES_MAJOR);
    // a killed copy is no copy
    await cp(join(server, "store/base"), join(home, "server/store.copy"), { recursive: true });
    await using opened = await openStore({ home });
    expect(await opened.repository.accounts.groups()).toStrictEqual([]);
    expect((await readdir(join(home, "server"))).toSorted()).toStrictEqual([
      "store",
      "store.lock",
      "store.reserve",
    ]);
  });

  it("is refused where it is none, of another PostgreSQL, or damaged", async () => {
    await using store = await openTestStore("pglite");
    await store.close();
    const { home } = store;
    const version = join(home, "server/store/PG_VERSION");
    await writeFile(version, "17\n");
    const unsupported = { code: "unsupported", message: expect.stringMatching(/version 17.*version 18/) };
    await expect(openStore({ home })).rejects.toMatchObject(unsupported);
    await rm(version);
    await expect(openStore({ home })).rejects.toMatchObject({ code: "corrupt" });
    await writeFile(version, `${POSTGRES_MAJOR}\n`);
    await rm(join(home, "server/store/global"), { recursive: true });
    await expect(openStore({ home })).rejects.toMatchObject({ code: "corrupt" });
    expect(existsSync(join(home, "server/store/base")), "nothing of it is taken away").toBe(true);
  });

  itLong("is made where no prepared one is at hand, and is the same when it is packed", async () => {
    const [made, unpacked] = [join(folder, "made/server/store"), join(folder, "unpacked/server/store")];
    for (const path of [made, unpacked]) await mkdir(join(path, ".."), { recursive: true });
    await makeStore(made);
    unpackFolder(packFolder(made), unpacked);
    expect(packFolder(unpacked).equals(packFolder(made))).toBe(true);
    await using store = await openStore({ home: join(folder, "unpacked") });
    await store.repository.accounts.create(sampleAccount());
    const tables = sql`select count(*)::int as tables from pg_tables where schemaname in ('graft', 'pgboss')`;
    const version = { server_version: expect.stringMatching(`^${POSTGRES_MAJOR}\\.`) };
    expect(await store.database.execute(sql`show server_version`)).toMatchObject({ rows: [version] });
    await using prepared = await openTestStore("pglite");
    const [one, other] = [await store.database.execute(tables), await prepared.database.execute(tables)];
    expect(one).toMatchObject({ rows: [{ tables: expect.any(Number) }] });
    expect(Object(one).rows).toStrictEqual(Object(other).rows);
  });
});

describe("an embedded store of an earlier PostgreSQL", () => {
  // there is no earlier one yet: a folder that says so, and an engine that knows better
  const older = new Map([
    [
      "17",
      async (name: string) => {
        await writeFile(join(name, "PG_VERSION"), `${POSTGRES_MAJOR}\n`);
        return openEngine(name, { isSynced: false });
      },
    ],
  ]);
  const options = (notices: string[]) => ({
    ...{ isSynced: false, olderEngines: older, onNotice: (notice: string) => notices.push(notice) },
  });

  async function olderStore() {
    const store = await openTestStore("pglite");
    const account = sampleAccount();
    await store.repository.accounts.create(account);
    await store.close();
    await writeFile(join(store.home, "server/store/PG_VERSION"), "17\n");
    return { store, account, server: join(store.home, "server") };
  }

  it("is moved by its rows, and kept as it was", async () => {
    const { store, account, server } = await olderStore();
    await using _ = store;
    const notices: string[] = [];
    await (await openPglite(server, options(notices)))[Symbol.asyncDispose]();
    expect(notices).toHaveLength(1);
    const [before = "", ...others] = (await readdir(server)).filter((name) => name.startsWith("store."));
    expect(others).toStrictEqual([]);
    expect(notices[0]).toContain(join(server, before));
    expect(await readFile(join(server, before, "PG_VERSION"), "utf8")).toBe("17\n");
    await using again = await store.reopen();
    expect(await again.repository.accounts.get(account.id)).toStrictEqual(account);
  });

  itLong("is moved to the end when the start that moved it was killed between two names", async () => {
    const { store, account, server } = await olderStore();
    await using _ = store;
    const [name, moved] = [join(server, "store"), join(server, "store.moved")];
    // the rows of both are the same, and only one of them can be opened
    await cp(name, moved, { recursive: true });
    await writeFile(join(moved, "PG_VERSION"), `${POSTGRES_MAJOR}\n`);
    for (const isOldThere of [true, false]) {
      if (!isOldThere) await rename(name, moved);
      const again = await store.reopen();
      expect(await again.repository.accounts.get(account.id)).toStrictEqual(account);
      await again.close();
    }
    expect((await readdir(server)).filter((entry) => entry.startsWith("store.before-"))).toHaveLength(1);
  });
});

describe("a newer form of the embedded store", () => {
  const addColumn = 'ALTER TABLE "graft"."accounts" ADD COLUMN "colour" text;';

  it("comes with a copy of what was before, which is named", async () => {
    await using store = await openTestStore("pglite");
    const account = sampleAccount();
    await store.repository.accounts.create(account);
    await store.close();
    const migrations = join(folder, "next");
    await writeNextMigrations(migrations, addColumn);
    const notices: string[] = [];
    const open = () =>
      openPglite(join(store.home, "server"), { migrations, onNotice: (notice) => notices.push(notice) });
    {
      await using opened = await open();
      const colour = await opened.database.execute(sql`select id, colour from graft.accounts`);
      expect(colour).toMatchObject({ rows: [{ id: account.id, colour: null }] });
    }
    await (await open())[Symbol.asyncDispose]();
    expect(notices).toHaveLength(1);
    const copy = /kept as (\S+)\.$/.exec(notices[0] ?? "")?.[1] ?? "";
    expect(copy.startsWith(join(store.home, "server/store.before-"))).toBe(true);
    // this version knows nothing of the column, and says so
    await expect(openStore({ home: store.home })).rejects.toMatchObject({
      ...{ code: "unsupported", message: expect.stringContaining("newer graft") },
    });
    const old = join(folder, "old");
    await mkdir(join(old, "server"), { recursive: true });
    await cp(copy, join(old, "server/store"), { recursive: true });
    await using before = await openStore({ home: old });
    expect(await before.repository.accounts.get(account.id)).toStrictEqual(account);
  });

  it("leaves the store as it was when it cannot be brought about", async () => {
    await using store = await openTestStore("pglite");
    const account = sampleAccount();
    await store.repository.accounts.create(account);
    await store.close();
    const migrations = join(folder, "wrong");
    await writeNextMigrations(
      migrations,
      `${addColumn}--> statement-breakpoint\nALTER TABLE "none" ADD "a" text;`,
    );
    const opened = openPglite(join(store.home, "server"), { migrations, onNotice: () => {} });
    await expect(opened).rejects.toThrow('relation "none" does not exist');
    await using again = await store.reopen();
    expect(await again.repository.accounts.get(account.id)).toStrictEqual(account);
  });
});
