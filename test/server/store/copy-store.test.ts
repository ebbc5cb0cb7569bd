import { storeId } from "@graft/api";
import { copyStore } from "@graft/server";
import { sql } from "drizzle-orm";
import { describe, expect, it } from "vitest";
import { whyNoPostgres } from "../../setup/postgres.ts";
import * as rows from "../contract/sample-rows.ts";
import { gather } from "../contract/shared-repository.ts";
import { openTestStore, type StoreKind, type TestStore } from "../open-store.ts";

const { NOW } = rows;
const refusal = whyNoPostgres();

/** Rows of every table, some with text that is hard to carry, more than a batch of some. */
async function fill({ repository }: TestStore) {
  const { accounts, audit, blobs, datasets, edits, images, runs, uploads } = repository;
  const group = { id: "group", name: "5b", createdBy: "x", createdAt: NOW, endsAt: NOW + 1 };
  const pupil = rows.sampleAccount({ name: "Zoë 'O\\N' \t\"🌲\"\n\u0001", group: group.id });
  const token = rows.sampleToken(pupil.id, { scope: { runs: ["a"], perMinute: 3 }, lastFrom: "::1" });
  await accounts.createGroup(group, [pupil], [token]);
  await audit.add({
    ...{ id: "a", at: NOW, what: "sign-in", by: null, token: null },
    from: null,
    facts: { a: [1.5, null] },
  });
  const dataset = rows.sampleDataset(pupil.id);
  const ash = rows.sampleClass(dataset.id);
  await datasets.create(dataset, [ash]);
  const pictures = Array.from({ length: 1300 }, (_, n) =>
    rows.sampleImage(dataset.id, { path: `ä/${n}`, bytes: 3_000_000_000 + n, part: n % 3 ? "train" : null }),
  );
  await images.add(dataset.id, { classes: [], images: pictures, parts: new Map(), at: NOW });
  for (let number = 1; number <= 25; number++) {
    const before = { class: null, use: number % 2 ? "in" : "out", reason: null } as const;
    const after = { class: null, use: number % 2 ? "out" : "in", reason: null } as const;
    const changes = pictures.slice(0, 9).map(({ id }) => ({ image: id, before, after }));
    await edits.apply(rows.sampleEdit(dataset.id, number, { images: changes }), new Map());
  }
  const upload = rows.sampleUpload(dataset.id, { class: ash.id });
  await uploads.create(upload);
  await uploads.addFiles(upload.id, [
    { upload: upload.id, path: "a", hash: rows.newHash(), bytes: 1, isHere: true },
  ]);
  const run = await runs.create(
    rows.sampleRun(dataset.id, { metrics: { loss: 0.1 + 0.2, valLoss: 5e-324 } }),
  );
  const events = Array.from({ length: 1100 }, (_, seq) => ({
    ...({ run: run.id, seq, time: NOW, type: "note", code: "a" } as const),
    message: `event ${seq}: zero \0, half \ud83c`,
  }));
  await runs.appendEvents(run.id, events);
  await runs.changeFiles(run.id, {
    put: [{ run: run.id, path: "a", hash: rows.newHash(), bytes: 1 }],
    remove: [],
  });
  await repository.searches.create(rows.sampleSearch(dataset.id));
  await repository.modelJobs.create(rows.sampleModelJob(run.id, { dataset: dataset.id }));
  const [picture] = pictures;
  if (picture)
    await repository.heatMaps.put([{ run: run.id, image: picture.id, label: "ash", rows: [[1 / 3, 0]] }]);
  const decision = {
    id: "d",
    dataset: dataset.id,
    run: run.id,
    kind: "note",
    value: "12",
    at: NOW,
    by: "x",
    isUndone: true,
  } as const;
  await runs.decide(decision);
  await blobs.beginDeletion([rows.newHash()], { now: NOW, staleBefore: 0 });
  // these stay behind
  await repository.leases.acquire("run", { holder: "x", now: NOW, until: NOW + 1 });
  await blobs.hold([rows.newHash()], { id: "hold", until: NOW + 1 });
  return { pupil, token, dataset, pictures, run, events, decision, id: await storeId(repository.leases) };
}

describe.skipIf(refusal !== undefined)(`copying a store${refusal ? `, skipped: ${refusal}` : ""}`, () => {
  const ways: readonly (readonly [StoreKind, StoreKind])[] = [
    ["pglite", "postgres"],
    ["postgres", "pglite"],
  ];

  it.each(ways)("takes every row from %s to %s, as it was", async (source, target) => {
    await using from = await openTestStore(source);
    const filled = await fill(from);
    await using to = await openTestStore(target);
    // a server has opened it
    await storeId(to.repository.leases);
    const heard: string[] = [];
    const copied = await copyStore(from, to, {
      onProgress: ({ table, rows: done }) => heard.push(`${table} ${done}`),
    });
    expect(Object.fromEntries(copied.map(({ table, rows: count }) => [table, count]))).toStrictEqual({
      ...{ groups: 1, accounts: 1, tokens: 1, audit: 1, datasets: 1, classes: 1, images: 1300, edits: 25 },
      ...{
        uploads: 1,
        upload_files: 1,
        runs: 1,
        events: 1100,
        run_files: 1,
        decisions: 1,
        searches: 1,
        model_jobs: 1,
        heat_maps: 1,
        blob_deletions: 1,
      },
    });
    expect(heard).toContain("images 1000");
    const { accounts, tokens, datasets, images, runs, edits } = to.repository;
    expect(await accounts.get(filled.pupil.id)).toStrictEqual(filled.pupil);
    expect(await tokens.byHash(filled.token.hash)).toStrictEqual(filled.token);
    const dataset = await datasets.get(filled.dataset.id);
    expect(dataset).toStrictEqual(await from.repository.datasets.get(filled.dataset.id));
    expect(await gather(images.all(filled.dataset.id))).toStrictEqual(
      await gather(from.repository.images.all(filled.dataset.id)),
    );
    expect(
      (await edits.page(filled.dataset.id, { limit: 50 })).items.map(({ number }) => number),
    ).toHaveLength(25);
    expect(await runs.get(filled.run.id)).toStrictEqual({ ...filled.run, lastSeq: 1099 });
    expect(await runs.events(filled.run.id, { after: -1, limit: 5000 })).toStrictEqual(filled.events);
    expect(await runs.decisions(filled.dataset.id)).toStrictEqual([filled.decision]);
    // numbers go on where they were
    expect((await runs.create(rows.sampleRun(filled.dataset.id))).number).toBe(2);
    expect(await to.repository.leases.holder("run", NOW)).toBeUndefined();
    expect(await storeId(to.repository.leases)).toBe(filled.id);
    await expect(copyStore(from, to)).rejects.toMatchObject({ code: "conflict" });
  });

  it("leaves nothing where rows come out changed, or when it is stopped", async () => {
    await using from = await openTestStore("pglite");
    const { dataset } = await fill(from);
    await using to = await openTestStore("postgres");
    const stop = new AbortController();
    const onProgress = ({ table }: { table: string }) => table === "images" && stop.abort();
    const stopped = copyStore(from, to, { onProgress, signal: stop.signal });
    await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
    await to.database.execute(sql`create function shout() returns trigger language plpgsql as $$
      begin new.name = upper(new.name); return new; end $$`);
    await to.database.execute(
      sql`create trigger shout before insert on graft.datasets for each row execute function shout()`,
    );
    await expect(copyStore(from, to)).rejects.toMatchObject({
      ...{ code: "corrupt", message: expect.stringContaining("datasets") },
    });
    expect(await to.repository.accounts.groups()).toStrictEqual([]);
    await to.database.execute(sql`drop trigger shout on graft.datasets`);
    await copyStore(from, to);
    expect(await to.repository.datasets.get(dataset.id)).toMatchObject({ name: dataset.name });
  });

  it("knows every table of the store", async () => {
    await using store = await openTestStore("postgres");
    await using empty = await openTestStore("pglite");
    const copied = (await copyStore(store, empty)).map(({ table }) => table);
    const answer = await store.database.execute(
      sql`select tablename from pg_tables where schemaname = 'graft'`,
    );
    const behind = ["leases", "blob_holds", "workers"];
    const tables = Object(answer).rows.map(({ tablename }: { tablename: string }) => tablename);
    expect(tables.toSorted()).toStrictEqual([...copied, ...behind].toSorted());
  });
});
