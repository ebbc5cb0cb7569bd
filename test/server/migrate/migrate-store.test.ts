import { rename } from "node:fs/promises";
import { join } from "node:path";
import { migrateStore, openStore, type StorePlace } from "@graft/server";
import { describe, expect, it } from "vitest";
import { openJobs } from "../../../apps/server/src/queue/open-jobs.ts";
import { openPlace } from "../../../apps/server/src/serve/store-place.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { whyNoPostgres } from "../../setup/postgres.ts";
import * as rows from "../contract/sample-rows.ts";
import { newTestDatabase } from "../open-store.ts";

const refusal = whyNoPostgres();
const CONFLICT = "conflict";

/** Rows, and a blob that they name. @returns the data set's id. */
async function fill(place: StorePlace): Promise<string> {
  await using opened = await openPlace(place, { isThere: false });
  const { accounts, datasets, images } = opened.store.repository;
  const account = rows.sampleAccount();
  await accounts.create(account);
  const dataset = rows.sampleDataset(account.id);
  await datasets.create(dataset, []);
  const blobs = await opened.blobs();
  const { hash, bytes } = await blobs.put(new TextEncoder().encode("a picture"));
  const image = rows.sampleImage(dataset.id, { hash, bytes });
  await images.add(dataset.id, { classes: [], images: [image], parts: new Map(), at: rows.NOW });
  return dataset.id;
}

describe.skipIf(refusal !== undefined)(`moving rows${refusal ? `, skipped: ${refusal}` : ""}`, () => {
  it("goes to PostgreSQL and back, and leaves the blobs to one store at a time", async () => {
    const home = await temporaryFolder("migrate");
    const here: StorePlace = { home };
    const dataset = await fill(here);
    await using database = await newTestDatabase("template0");
    const there: StorePlace = { home, databaseUrl: database.url };
    const moved = await migrateStore(here, { databaseUrl: database.url });
    expect(moved).toMatchObject({ from: join(home, "server/store"), blobs: join(home, "server/blobs") });
    expect(moved.to).toMatch(/^postgres:\/\//);
    for (const { from, to } of moved.tables) expect(to).toEqual(from);
    expect(moved.tables.map(({ to }) => [to.table, to.rows])).toContainEqual(["images", 1]);

    // the old rows are as they were, and their store may not touch the blobs any more
    {
      await using old = await openPlace(here, { isThere: true });
      expect(await old.store.repository.datasets.get(dataset)).toBeDefined();
      const refused: unknown = await old.blobs().catch((error: unknown) => error);
      expect(refused).toMatchObject({
        code: CONFLICT,
        message: expect.stringMatching(
          /The rows of this home were moved to PostgreSQL on \d{4}-\d\d-\d\d\..*Set DATABASE_URL.*migrate-store --to home/,
        ),
        parts: { expected: `the rows in ${moved.to}` },
      });
      expect(String(refused)).not.toContain("remove");
    }
    {
      await using now = await openPlace(there, { isThere: true });
      const [named] = (await now.store.repository.images.page(dataset, { limit: 9 })).items;
      expect(await (await now.blobs()).read(named?.hash ?? "")).toHaveLength(9);
    }

    // back: not over what is there
    const refused = migrateStore(there, "home");
    await expect(refused).rejects.toMatchObject({
      code: CONFLICT,
      message: expect.stringContaining("not empty"),
    });
    await rename(join(home, "server/store"), join(home, "server/store.before"));
    {
      await using empty = await openPlace(here, { isThere: false });
      await expect(empty.blobs()).rejects.toMatchObject({
        code: CONFLICT,
        message: expect.stringContaining("Set DATABASE_URL to that database"),
        parts: { received: `${join(home, "server/blobs")}, whose rows are in ${moved.to}` },
      });
    }
    const back = await migrateStore(there, "home");
    expect(back.tables.map(({ to }) => to)).toEqual(moved.tables.map(({ from }) => from));
    {
      await using left = await openPlace(there, { isThere: true });
      await expect(left.blobs()).rejects.toMatchObject({
        code: CONFLICT,
        message: expect.stringMatching(/moved to a home's own store on .*Start without DATABASE_URL/),
        parts: { expected: `the rows in ${join(home, "server/store")}` },
      });
    }
    await using again = await openPlace(here, { isThere: true });
    expect(await (await again.blobs()).head("0".repeat(64))).toBeUndefined();
  });

  it("is refused while a server works on one of the two", async () => {
    const home = await temporaryFolder("migrate");
    await fill({ home });
    {
      await using _ = await openPlace({ home }, { isThere: true });
      const locked = migrateStore({ home }, { databaseUrl: "postgres://nobody@127.0.0.1:1/x" });
      await expect(locked).rejects.toMatchObject({ code: CONFLICT });
    }
    await using database = await newTestDatabase();
    await using store = await openStore({ url: database.url });
    await using _jobs = await openJobs({ database: store.queue, onError: () => undefined });
    const other = { home: await temporaryFolder("migrate"), databaseUrl: database.url };
    for (const asked of [migrateStore(other, "home"), migrateStore({ home }, { databaseUrl: database.url })])
      await expect(asked).rejects.toMatchObject({
        ...{ code: CONFLICT, message: expect.stringContaining("A server works on this store") },
      });
  });
});
