import { randomBytes } from "node:crypto";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { type Caller, newId } from "@graft/api";
import { cacheFolders, openFeatureStore } from "@graft/core/node";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tendUploads } from "../../../apps/server/src/import/tend-uploads.ts";
import { picture } from "../../dataset/workplace.ts";
import { rowOf, spaceOf } from "../../features/rows.ts";
import { bundledReader } from "./bundled-reader.ts";
import { type OpenedDatasets, openDatasets, pieces, sha256 } from "./open-datasets.ts";
import { noise } from "./pictures.ts";

const FEATURES = spaceOf(150);
const program = await bundledReader();
let opened: OpenedDatasets;
beforeAll(async () => {
  opened = await openDatasets({ program });
});
afterAll(() => opened[Symbol.asyncDispose]());

async function newDataset(caller?: Caller, classes: readonly string[] = []) {
  const owner = caller ?? (await opened.person());
  const { dataset } = await opened.services.datasets.create(owner, { name: "pets", classes, known: null });
  return { caller: owner, id: dataset.id };
}

async function newUpload(of: { readonly caller: Caller; readonly id: string }): Promise<string> {
  const asked = { dataset: of.id, class: null, labelsFrom: null };
  return (await opened.services.uploads.create(of.caller, asked)).id;
}

const named = (path: string, bytes: Uint8Array) => ({ path, hash: sha256(bytes), bytes: bytes.length });

/** Bytes that are no picture, more than are sent in one go. */
const large = (): Uint8Array => new Uint8Array(randomBytes(6 * 2 ** 20));

async function* brokenOff(bytes: Uint8Array, at: number): AsyncGenerator<Uint8Array> {
  yield* pieces(bytes.subarray(0, at));
  throw new Error("the connection broke");
}

describe("bytes", () => {
  test("travel once in an account, and another account is told of none", async () => {
    const first = await newDataset();
    const files = await noise(["cats", "dogs"], 2);
    await opened.bring(first.caller, first.id, files);
    const wanted = Object.entries(files).map(([path, bytes]) => named(path, bytes));
    const own = await newDataset(first.caller);
    const { uploads } = opened.services;
    expect(await uploads.plan(first.caller, await newUpload(own), wanted)).toEqual({ missing: [] });
    const other = await newDataset();
    const { missing } = await uploads.plan(other.caller, await newUpload(other), wanted);
    expect(missing.toSorted()).toEqual(wanted.map(({ hash }) => hash).sort());
  });

  test("of one upload travel once, also when they are named again later under another name", async () => {
    const set = await newDataset();
    const upload = await newUpload(set);
    const { uploads } = opened.services;
    const bytes = await picture(1);
    const hash = sha256(bytes);
    expect(await uploads.plan(set.caller, upload, [named("a.png", bytes), named("b.png", bytes)])).toEqual({
      missing: [hash],
    });
    expect(await uploads.receive(set.caller, upload, hash, pieces(bytes))).toEqual({
      ...{ hash, bytes: bytes.length, isHere: true },
    });
    expect(await uploads.plan(set.caller, upload, [named("c.png", bytes), named("a.png", bytes)])).toEqual({
      missing: [],
    });
  });

  test("that an upload brought which was left then travel no more either", async () => {
    const set = await newDataset();
    const left = await newUpload(set);
    const { uploads } = opened.services;
    const [bytes, more] = [await picture(2), await picture(3)];
    const files = [named("a.png", bytes), named("b.png", more)];
    await uploads.plan(set.caller, left, files);
    await uploads.receive(set.caller, left, sha256(bytes), pieces(bytes));
    expect(await uploads.plan(set.caller, await newUpload(set), files)).toEqual({ missing: [sha256(more)] });
    const other = await newDataset();
    const { missing } = await uploads.plan(other.caller, await newUpload(other), files);
    expect(missing).toHaveLength(2);
  });

  test("of a large file go on where they broke off, also after a restart", async () => {
    await using before = await openDatasets({ hasWorker: false });
    const saved = opened;
    opened = before;
    const bytes = large();
    const hash = sha256(bytes);
    const set = await newDataset();
    const upload = await newUpload(set);
    await before.services.uploads.plan(set.caller, upload, [named("film.mp4", bytes)]);
    const { caller } = set;
    await expect(
      before.services.uploads.receive(caller, upload, hash, brokenOff(bytes, 2 ** 20)),
    ).rejects.toThrow("broke");
    await using after = await before.restart();
    const { uploads } = after.services;
    expect(await uploads.sent(caller, upload, hash)).toEqual({ hash, bytes: 2 ** 20, isHere: false });
    await expect(uploads.receive(caller, upload, hash, pieces(bytes.subarray(5)), 5)).rejects.toMatchObject({
      ...{ code: "conflict", facts: { have: 2 ** 20 } },
    });
    await expect(uploads.finish(caller, upload)).rejects.toMatchObject({ code: "conflict" });
    const part = await uploads.receive(
      caller,
      upload,
      hash,
      pieces(bytes.subarray(2 ** 20, 3 * 2 ** 20)),
      2 ** 20,
    );
    expect(part).toEqual({ hash, bytes: 3 * 2 ** 20, isHere: false });
    const all = await uploads.receive(caller, upload, hash, pieces(bytes.subarray(3 * 2 ** 20)), 3 * 2 ** 20);
    expect(all.isHere).toBe(true);
    expect(Buffer.from(await after.blobs.read(hash)).equals(bytes)).toBe(true);
    expect(await readdir(join(after.home, "server/spool", upload))).toEqual([]);
    opened = saved;
  });

  test.each([
    ["small", (bytes: Uint8Array) => bytes.subarray(0, 1000)],
    ["large", (bytes: Uint8Array) => bytes],
  ])("that are others than were told of are refused, and nothing of them stays: %s", async (_, cut) => {
    const set = await newDataset();
    const upload = await newUpload(set);
    const { uploads } = opened.services;
    const right = cut(large());
    const wrong = cut(large());
    const hash = sha256(right);
    await uploads.plan(set.caller, upload, [named("a.png", right)]);
    await expect(uploads.receive(set.caller, upload, hash, pieces(wrong))).rejects.toMatchObject({
      code: "corrupt",
    });
    const longer = Buffer.concat([right, Buffer.from("more")]);
    await expect(uploads.receive(set.caller, upload, hash, pieces(longer))).rejects.toMatchObject({
      code: "limit",
    });
    expect(await opened.blobs.head(sha256(wrong))).toBeUndefined();
    expect(await uploads.sent(set.caller, upload, hash)).toEqual({ hash, bytes: 0, isHere: false });
  });

  test("of a size that was told wrongly are refused, even with the right hash", async () => {
    const set = await newDataset();
    const upload = await newUpload(set);
    const bytes = await picture(5);
    await opened.services.uploads.plan(set.caller, upload, [
      { ...named("a.png", bytes), bytes: bytes.length + 1 },
    ]);
    const sent = opened.services.uploads.receive(set.caller, upload, sha256(bytes), pieces(bytes));
    await expect(sent).rejects.toMatchObject({ code: "bad-input" });
    expect(await opened.blobs.head(sha256(bytes))).toBeUndefined();
  });

  test("that nobody told of have no place", async () => {
    const set = await newDataset();
    const upload = await newUpload(set);
    const { uploads } = opened.services;
    const bytes = await picture(6);
    await expect(uploads.receive(set.caller, upload, sha256(bytes), pieces(bytes))).rejects.toMatchObject({
      code: "not-found",
    });
    const stranger = await opened.person();
    await uploads.plan(set.caller, upload, [named("a.png", bytes)]);
    for (const call of [
      () => uploads.receive(stranger, upload, sha256(bytes), pieces(bytes)),
      () => uploads.sent(stranger, upload, sha256(bytes)),
      () => uploads.plan(stranger, upload, [named("b.png", bytes)]),
      () => uploads.finish(stranger, upload),
      () => uploads.get(stranger, upload),
      () => uploads.cancel(stranger, upload),
      () => uploads.create(stranger, { dataset: set.id, class: null, labelsFrom: null }),
    ])
      await expect(call()).rejects.toMatchObject({ code: "not-found" });
  });
});

describe("files", () => {
  test.each(["../up.png", "/etc/passwd", "C:\\up.png", "a/../../b.png", "zero\0.png", "//", "."])(
    "that are called %j are refused",
    async (path) => {
      const set = await newDataset();
      const bytes = await picture(7);
      const plan = opened.services.uploads.plan(set.caller, await newUpload(set), [named(path, bytes)]);
      await expect(plan).rejects.toMatchObject({ code: "bad-input" });
    },
  );

  test("that are too large, or too many, are refused; the upload is gone then", async () => {
    const set = await newDataset();
    const { uploads } = opened.services;
    const upload = await newUpload(set);
    const file = { path: "a.png", hash: "a".repeat(64), bytes: 2 ** 30 + 1 };
    await expect(uploads.plan(set.caller, upload, [file])).rejects.toMatchObject({ code: "limit" });
    const archives = Array.from({ length: 2 }, (_, at) => ({
      ...file,
      path: `${at}.zip`,
      bytes: 40 * 2 ** 30,
    }));
    await expect(uploads.plan(set.caller, upload, archives)).rejects.toMatchObject({ code: "limit" });
    await expect(uploads.get(set.caller, upload)).rejects.toMatchObject({ code: "not-found" });
  });

  test("that change while they are sent are refused; an upload is finished once, and not without a file", async () => {
    const set = await newDataset();
    const { uploads } = opened.services;
    const upload = await newUpload(set);
    await expect(uploads.finish(set.caller, upload)).rejects.toMatchObject({ code: "bad-input" });
    const bytes = await picture(8);
    await uploads.plan(set.caller, upload, [named("a.png", bytes)]);
    const changed = named("a.png", await picture(9));
    await expect(uploads.plan(set.caller, upload, [changed])).rejects.toMatchObject({ code: "conflict" });
    await uploads.receive(set.caller, upload, sha256(bytes), pieces(bytes));
    await uploads.finish(set.caller, upload);
    await opened.imported(upload);
    expect((await uploads.finish(set.caller, upload)).state).toBe("done");
    await expect(uploads.plan(set.caller, upload, [changed])).rejects.toMatchObject({ code: "conflict" });
    await expect(uploads.cancel(set.caller, upload)).rejects.toMatchObject({ code: "conflict" });
    expect(await opened.images(set.id)).toHaveLength(1);
  });
});

test("a contributor adds to one class of one data set, sees no other, and is told of no bytes that there are", async () => {
  const set = await newDataset(undefined, ["cats", "dogs"]);
  const classes = await opened.repository.datasets.classes(set.id);
  const [cats, dogs] = classes.map(({ id }) => id);
  const link = opened.as(set.caller, "contributor", { dataset: set.id, class: cats ?? "" });
  const { uploads } = opened.services;
  const there = await noise([""], 1);
  await opened.bring(set.caller, set.id, there, { class: dogs ?? "" });
  for (const asked of [
    { dataset: set.id, class: dogs ?? "" },
    { dataset: (await newDataset(set.caller)).id, class: cats ?? "" },
  ])
    await expect(uploads.create(link, { ...asked, labelsFrom: null })).rejects.toMatchObject({
      code: "not-found",
    });
  const others = await uploads.create(set.caller, { dataset: set.id, class: dogs ?? "", labelsFrom: null });
  await expect(uploads.get(link, others.id)).rejects.toMatchObject({ code: "not-found" });
  const sorted = await uploads.create(set.caller, { dataset: set.id, class: null, labelsFrom: null });
  await expect(uploads.get(link, sorted.id)).rejects.toMatchObject({ code: "not-found" });
  // its token names the class
  const upload = await uploads.create(link, { dataset: set.id, class: null, labelsFrom: null });
  expect(upload.class).toBe(cats);
  const [bytes = new Uint8Array()] = Object.values(there);
  const { missing } = await uploads.plan(link, upload.id, [named("new.png", bytes)]);
  expect(missing).toEqual([sha256(bytes)]);
  await uploads.receive(link, upload.id, sha256(bytes), pieces(bytes));
  await uploads.finish(link, upload.id);
  expect(await opened.imported(upload.id)).toMatchObject({ state: "done", result: { added: 1 } });
  const rows = (await opened.images(set.id)).filter((row) => row.class === cats);
  expect(rows).toMatchObject([{ path: "new.png", addedBy: set.caller.identity.account.id }]);
  await expect(opened.services.datasets.get(link, set.id)).rejects.toMatchObject({ code: "not-found" });
  await expect(opened.services.images.get(link, rows[0]?.id ?? "")).rejects.toMatchObject({
    code: "not-found",
  });
});

test("an upload that nobody goes on with is gone after a day, with its bytes; what came of one after a week", async () => {
  const set = await newDataset();
  const { uploads } = opened.services;
  const done = await opened.bring(set.caller, set.id, await noise(["cats"], 1, 70));
  const left = await newUpload(set);
  const [small, part] = [await picture(71), large()];
  await uploads.plan(set.caller, left, [named("a.png", small), named("b.mp4", part)]);
  await uploads.receive(set.caller, left, sha256(small), pieces(small));
  await uploads.receive(set.caller, left, sha256(part), pieces(part.subarray(0, 1000)));
  const sweep = () => tendUploads({ uploads, repository: opened.repository, home: opened.home });
  await sweep();
  expect(await opened.blobs.head(sha256(small))).toBeDefined();
  opened.ahead = 25 * 3_600_000;
  await sweep();
  await expect(uploads.get(set.caller, left)).rejects.toMatchObject({ code: "not-found" });
  expect(await opened.blobs.head(sha256(small))).toBeUndefined();
  expect(await readdir(join(opened.home, "server/spool"))).not.toContain(left);
  expect((await uploads.get(set.caller, done.id)).state).toBe("done");
  opened.ahead = 8 * 24 * 3_600_000;
  await sweep();
  await expect(uploads.get(set.caller, done.id)).rejects.toMatchObject({ code: "not-found" });
  expect(await opened.images(set.id)).toHaveLength(1);
  opened.ahead = 0;
});

describe("deleting", () => {
  /** Every file below the home whose bytes are these. */
  async function filesWith(bytes: Uint8Array): Promise<readonly string[]> {
    const listed = [opened.home, opened.store.home].map((folder) =>
      readdir(folder, { recursive: true, withFileTypes: true }),
    );
    const found: string[] = [];
    for (const entry of (await Promise.all(listed)).flat()) {
      const path = join(entry.parentPath, entry.name);
      if (entry.isFile() && (await readFile(path)).includes(Buffer.from(bytes))) found.push(path);
    }
    return found;
  }

  test("a picture takes its bytes along at once, unless another data set has them", async () => {
    const set = await newDataset();
    const files = await noise(["cats", "dogs"], 2, 200);
    const [one = new Uint8Array(), two = new Uint8Array()] = Object.values(files);
    await opened.bring(set.caller, set.id, files);
    const copy = await opened.services.datasets.copy(set.caller, set.id, "once more");
    const { images } = opened.services;
    const { features: folder } = cacheFolders(opened.home);
    await using features = await openFeatureStore({ folder });
    const ofBytes = (bytes: Uint8Array) => ({ hash: sha256(bytes), variant: 0 });
    for (const bytes of [one, two]) await features.put(FEATURES, ofBytes(bytes), rowOf(1, 50));
    /** Which of the two a process that begins now finds features of. */
    const featuresOf = async () => {
      await using store = await openFeatureStore({ folder });
      return await store.hasMany(FEATURES, [one, two].map(ofBytes));
    };
    const of = async (dataset: string, bytes: Uint8Array) =>
      (await opened.images(dataset)).filter(({ hash }) => hash === sha256(bytes)).map(({ id }) => id);
    expect(await images.delete(set.caller, set.id, { images: await of(set.id, one) })).toBe(1);
    expect(await filesWith(one)).toHaveLength(1);
    expect(await featuresOf()).toEqual([true, true]);
    const thumbnails = (await opened.images(copy.id)).map(({ thumbnail }) => thumbnail);
    await images.delete(set.caller, copy.id, { images: await of(copy.id, one) });
    expect(await filesWith(one)).toEqual([]);
    expect(await filesWith(two)).toHaveLength(1);
    expect(await featuresOf()).toEqual([false, true]);
    for (const thumbnail of thumbnails) expect(thumbnail).not.toBeNull();
    await opened.services.datasets.delete(set.caller, set.id);
    await opened.services.datasets.delete(set.caller, copy.id);
    expect(await filesWith(two)).toEqual([]);
    expect(await featuresOf()).toEqual([false, false]);
    for (const thumbnail of thumbnails) expect(await opened.blobs.head(thumbnail ?? "")).toBeUndefined();
    const audit = await opened.services.audit.page(set.caller, { limit: 10 });
    expect(audit.items.map(({ what }) => what)).toEqual([
      ...["dataset-deleted", "dataset-deleted", "images-deleted", "images-deleted"],
    ]);
  });

  test("a data set takes its open uploads along, and waits for no run", async () => {
    const set = await newDataset();
    const upload = await newUpload(set);
    const part = large();
    await opened.services.uploads.plan(set.caller, upload, [named("b.mp4", part)]);
    await opened.services.uploads.receive(set.caller, upload, sha256(part), pieces(part.subarray(0, 1000)));
    await opened.services.datasets.delete(set.caller, set.id);
    expect(await readdir(join(opened.home, "server/spool"))).not.toContain(upload);
    const notThere = { code: "not-found" };
    await expect(opened.services.datasets.get(set.caller, set.id)).rejects.toMatchObject(notThere);
    await expect(opened.services.datasets.delete(set.caller, newId())).rejects.toMatchObject(notThere);
  });
});
