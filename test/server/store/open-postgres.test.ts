import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openStore } from "@graft/server";
import { sql } from "drizzle-orm";
import pg from "pg";
import { afterAll, describe, expect, it } from "vitest";
import { openPostgres } from "../../../apps/server/src/store/open-postgres.ts";
import { whyNoPostgres } from "../../setup/postgres.ts";
import { sampleAccount } from "../contract/sample-rows.ts";
import { newTestDatabase, openTestStore } from "../open-store.ts";
import { writeNextMigrations } from "./next-migration.ts";

const folder = await mkdtemp(join(tmpdir(), "graft-open-postgres-"));
afterAll(() => rm(folder, { recursive: true }));
const refusal = whyNoPostgres();

describe.skipIf(refusal !== undefined)(
  `a store on PostgreSQL${refusal ? `, skipped: ${refusal}` : ""}`,
  () => {
    it("is made once by several servers that start at once", async () => {
      await using database = await newTestDatabase("template0");
      const { url } = database;
      const notices: string[] = [];
      const onNotice = (notice: string) => notices.push(notice);
      const stores = await Promise.all([1, 2, 3, 4].map(() => openStore({ url, onNotice })));
      const [first, , , last] = stores;
      const account = sampleAccount();
      await first?.repository.accounts.create(account);
      expect(await last?.repository.accounts.get(account.id)).toStrictEqual(account);
      await Promise.all(stores.map((store) => store[Symbol.asyncDispose]()));
      expect(notices).toStrictEqual([]);
    });

    it("is named without its password", async () => {
      await using database = await newTestDatabase();
      const { username, host, pathname } = new URL(database.url);
      const url = `postgres://${username}:secret@${host}${pathname}`;
      await using store = await openStore({ url });
      expect(store.name).toBe(`postgres://${username}@${host}${pathname}`);
    });

    it("gets a newer form with a copy of what was before, once, by whichever server", async () => {
      await using store = await openTestStore("postgres");
      const account = sampleAccount();
      await store.repository.accounts.create(account);
      const migrations = join(folder, "next");
      await writeNextMigrations(migrations, 'ALTER TABLE "graft"."accounts" ADD COLUMN "colour" text;');
      const notices: string[] = [];
      const url = store.url ?? "";
      const open = () => openPostgres(url, { migrations, onNotice: (notice) => notices.push(notice) });
      const opened = await Promise.all([open(), open(), open()]);
      const colour = await opened[0]?.database.execute(sql`select id, colour from graft.accounts`);
      expect(colour).toMatchObject({ rows: [{ id: account.id, colour: null }] });
      for (const each of opened) await each[Symbol.asyncDispose]();
      expect(notices).toHaveLength(1);
      const copy = /schema (graft_before_\w+) of/.exec(notices[0] ?? "")?.[1] ?? "";
      const before = await store.database.execute(sql`select * from ${sql.identifier(copy)}.accounts`);
      expect(before).toMatchObject({ rows: [{ id: account.id, name: account.name }] });
      await expect(openStore({ url })).rejects.toMatchObject({
        ...{ code: "unsupported", message: expect.stringContaining("newer graft") },
      });
    });

    it("is as it was when a newer form cannot be brought about", async () => {
      await using store = await openTestStore("postgres");
      const migrations = join(folder, "wrong");
      await writeNextMigrations(
        migrations,
        'DROP TABLE "graft"."accounts" CASCADE;--> statement-breakpoint\nDROP TABLE "none";',
      );
      const opened = openPostgres(store.url ?? "", { migrations, onNotice: () => {} });
      await expect(opened).rejects.toThrow('table "none" does not exist');
      const account = sampleAccount();
      await using again = await store.reopen();
      await again.repository.accounts.create(account);
      const copies = sql`select 1 from pg_namespace where nspname like 'graft_before%'`;
      expect(await again.database.execute(copies)).toMatchObject({ rows: [] });
    });

    it("says who cannot be reached, and who does not let it in", async () => {
      await expect(openStore({ url: "postgres://graft:secret@127.0.0.1:9/graft" })).rejects.toMatchObject({
        ...{ code: "unreadable", message: expect.not.stringContaining("secret") },
      });
      await using database = await newTestDatabase();
      const none = new URL(database.url);
      none.pathname = "/none";
      await expect(openStore({ url: none.href })).rejects.toMatchObject({ code: "bad-input" });
    });

    it("wants a database that holds every name", async () => {
      await using database = await newTestDatabase("template0");
      const client = new pg.Client({ connectionString: database.url });
      await client.connect();
      const name = `latin_${new URL(database.url).pathname.slice(1)}`;
      await client.query(
        `create database ${name} encoding 'LATIN1' template template0 lc_collate 'C' lc_ctype 'C'`,
      );
      const url = new URL(database.url);
      url.pathname = `/${name}`;
      await expect(openStore({ url: url.href })).rejects.toMatchObject({
        ...{ code: "unsupported", message: expect.stringContaining("LATIN1") },
      });
      await client.query(`drop database ${name}`);
      await client.end();
    });
  },
);
