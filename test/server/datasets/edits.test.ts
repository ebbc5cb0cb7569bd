import { type Caller, createServices, type ImageRow, newId } from "@graft/api";
import { CoreError, type Part } from "@graft/core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type OpenedDatasets, openDatasets } from "./open-datasets.ts";

let opened: OpenedDatasets;
beforeAll(async () => {
  opened = await openDatasets({ hasWorker: false });
});
afterAll(() => opened[Symbol.asyncDispose]());

interface Made {
  readonly caller: Caller;
  readonly id: string;
  /** By name. */
  readonly classes: Readonly<Record<string, string>>;
}

/** A data set of dealt pictures that are rows alone: `perClass` of each class, and `loose` ones of none. */
async function made(perClass: number, { loose = 0 } = {}): Promise<Made> {
  const caller = await opened.person();
  const { services, repository } = opened;
  const { dataset } = await services.datasets.create(caller, {
    name: "pets",
    classes: ["cats", "dogs"],
    known: null,
  });
  const classes = await repository.datasets.classes(dataset.id);
  const row = (of: string | null, path: string, number: number): ImageRow => ({
    ...{ id: newId(), dataset: dataset.id, path, bytes: 1, class: of, use: "in", reason: null, group: null },
    hash: number.toString(16).padStart(64, "0"),
    facts: { format: "png", width: 4, height: 3, perceptualHash: "0000000000000000" },
    ...{ part: null, thumbnail: null, addedAt: 1, addedBy: caller.identity.account.id },
  });
  const images = classes.flatMap(({ id, name }, of) =>
    Array.from({ length: perClass }, (_, at) => row(id, `${name}/${at}.png`, of * 100_000 + at)),
  );
  const others = Array.from({ length: loose }, (_, at) => row(null, `loose ${at}.png`, 900_000 + at));
  const parts = new Map<string, Part>();
  await repository.images.add(dataset.id, { classes: [], images: [...images, ...others], parts, at: 1 });
  await services.datasets.freeze(dataset.id);
  return { caller, id: dataset.id, classes: Object.fromEntries(classes.map(({ id, name }) => [name, id])) };
}

const find = async ({ id }: Made, ...paths: readonly string[]): Promise<readonly ImageRow[]> =>
  (await opened.images(id)).filter(({ path }) => paths.includes(path));
const ids = async (set: Made, ...paths: readonly string[]): Promise<string[]> =>
  (await find(set, ...paths)).map(({ id }) => id);
const classesOf = async ({ caller, id }: Made): Promise<string[]> =>
  (await opened.services.datasets.get(caller, id)).classes.map(
    ({ name, isOff }) => `${name}${isOff ? " off" : ""}`,
  );

describe("edits", () => {
  test("are done, told by page, undone and redone also after a restart; sides stay", async () => {
    await using other = await openDatasets({ hasWorker: false });
    const saved = opened;
    opened = other;
    try {
      const set = await made(5);
      const { caller, id, classes } = set;
      const { edits } = opened.services;
      const [before] = await find(set, "cats/0.png");
      const moved = await edits.move(caller, id, classes.dogs ?? "", {
        images: await ids(set, "cats/0.png", "cats/1.png"),
      });
      expect(moved).toMatchObject({ edit: 1, images: 2, missed: { images: 0 } });
      const out = await edits.leaveOut(caller, id, "blurred", { images: await ids(set, "cats/0.png") });
      expect(out).toMatchObject({ edit: 2, images: 1 });
      expect(await find(set, "cats/0.png")).toMatchObject([
        { class: classes.dogs, use: "out", reason: "blurred", part: before?.part },
      ]);
      opened = await opened.restart();
      const { edits: again } = opened.services;
      expect(await again.undo(caller, id, 1)).toMatchObject({ edit: 3, images: 2, missed: { images: 0 } });
      expect(await find(set, "cats/0.png")).toMatchObject([
        { class: classes.cats, use: "out", part: before?.part },
      ]);
      expect(await again.redo(caller, id, 1)).toMatchObject({ edit: 4, images: 2 });
      expect(await again.undo(caller, id, 2)).toMatchObject({ edit: 5, images: 1 });
      expect(await find(set, "cats/0.png")).toMatchObject([{ class: classes.dogs, use: "in", reason: null }]);
      const { items, next } = await again.page(caller, id, { limit: 3 });
      expect(items.map(({ number, kind, of, isUndone }) => [number, kind, of, isUndone])).toEqual([
        [5, "undo", 2, false],
        [4, "redo", 1, false],
        [3, "undo", 1, false],
      ]);
      const rest = await again.page(caller, id, { limit: 3, ...(next && { after: next }) });
      expect(rest.items.map(({ number, isUndone }) => [number, isUndone])).toEqual([
        [2, true],
        [1, false],
      ]);
      await expect(again.undo(caller, id, 2)).rejects.toMatchObject({ code: "conflict" });
      await expect(again.redo(caller, id, 1)).rejects.toMatchObject({ code: "conflict" });
      await expect(again.undo(caller, id, 3)).rejects.toMatchObject({ code: "bad-input" });
      await expect(again.undo(caller, id, 99)).rejects.toMatchObject({ code: "not-found" });
      await opened[Symbol.asyncDispose]();
    } finally {
      opened = saved;
    }
  });

  test("of what a filter finds; what is not there, or another's, is counted and untouched", async () => {
    const set = await made(4);
    const { caller, id, classes } = set;
    const { edits } = opened.services;
    const stranger = await made(1);
    const theirs = await ids(stranger, "cats/0.png");
    const moved = await edits.move(caller, id, classes.dogs ?? "", {
      images: [...theirs, "none", ...(await ids(set, "cats/3.png"))],
    });
    expect(moved).toMatchObject({ images: 1, missed: { images: 2 } });
    expect(await find(stranger, "cats/0.png")).toMatchObject([{ class: stranger.classes.cats }]);
    const out = await edits.leaveOut(caller, id, null, {
      filter: { class: classes.cats ?? "", search: "CATS/" },
    });
    expect(out).toMatchObject({ images: 3 });
    expect(await edits.keep(caller, id, { filter: { use: "out" } })).toMatchObject({ images: 3 });
    expect(await edits.keep(caller, id, { filter: { use: "out" } })).toEqual({
      ...{ edit: null, images: 0, classes: 0, missed: { images: 0, classes: 0 } },
    });
    await expect(edits.move(caller, id, stranger.classes.dogs ?? "", { filter: {} })).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(edits.move(stranger.caller, id, null, { filter: {} })).rejects.toMatchObject({
      code: "not-found",
    });
    await expect(edits.undo(stranger.caller, id, 1)).rejects.toMatchObject({ code: "not-found" });
  });

  test("of classes: added, renamed, merged, put in order, switched off, each undone", async () => {
    const set = await made(3);
    const { caller, id, classes } = set;
    const { edits } = opened.services;
    const { added } = await edits.addClasses(caller, id, ["birds"]);
    expect(await classesOf(set)).toEqual(["birds", "cats", "dogs"]);
    await edits.renameClass(caller, id, classes.cats ?? "", "tigers");
    expect(await classesOf(set)).toEqual(["birds", "dogs", "tigers"]);
    await edits.mergeClasses(caller, id, classes.cats ?? "", classes.dogs ?? "");
    expect(await classesOf(set)).toEqual(["birds", "dogs"]);
    expect(await opened.services.images.page(caller, id, { class: classes.dogs, limit: 10 })).toMatchObject({
      items: { length: 6 },
    });
    await edits.reorderClasses(caller, id, [classes.dogs ?? "", added[0]?.id ?? ""]);
    await edits.switchClass(caller, id, classes.dogs ?? "", true);
    expect(await classesOf(set)).toEqual(["dogs off", "birds"]);
    const undone = [];
    for (const number of [5, 4, 3, 2, 1]) undone.push(await edits.undo(caller, id, number));
    expect(undone.every(({ missed }) => missed.images + missed.classes === 0)).toBe(true);
    expect(await classesOf(set)).toEqual(["cats", "dogs"]);
    expect(await find(set, "cats/0.png")).toMatchObject([{ class: classes.cats }]);
    const names = ["cats", "cats"];
    await expect(edits.addClasses(caller, id, names)).rejects.toMatchObject({ code: "conflict" });
    await expect(
      edits.mergeClasses(caller, id, classes.cats ?? "", classes.cats ?? ""),
    ).rejects.toMatchObject({
      code: "bad-input",
    });
  });

  test("at the same time do not lose each other", async () => {
    const set = await made(12);
    const { caller, id, classes } = set;
    const rows = await opened.images(id);
    const cats = rows.filter((row) => row.class === classes.cats);
    const { edits } = opened.services;
    const done = await Promise.all(
      cats.map(({ id: image }) => edits.move(caller, id, classes.dogs ?? "", { images: [image] })),
    );
    expect(done.map(({ edit }) => edit)).toEqual(cats.map((_, at) => at + 1));
    const { items } = await edits.page(caller, id, { limit: 50 });
    expect(items.every(({ images }) => images.length === 1)).toBe(true);
    expect((await opened.images(id)).filter((row) => row.class === classes.cats)).toEqual([]);
  });

  test("that come between by another server are regarded: the edit is made again on what is there then", async () => {
    const set = await made(3);
    const { caller, id, classes } = set;
    const { edits: other } = createServices({ ...opened.ports, version: "other" });
    const both = [opened.services.edits, other];
    const named = Array.from({ length: 8 }, (_, at) => `class ${at}`);
    await Promise.all(named.map((name, at) => both[at % 2]?.addClasses(caller, id, [name])));
    expect(await classesOf(set)).toEqual(["cats", ...named, "dogs"]);
    expect(classes.cats).toBeDefined();
  });
});

describe("sides", () => {
  test("a picture that gets its first class gets a side with it, and keeps it", async () => {
    const set = await made(10, { loose: 2 });
    const { caller, id, classes } = set;
    const { edits } = opened.services;
    expect(await find(set, "loose 0.png")).toMatchObject([{ part: null }]);
    await edits.move(caller, id, classes.cats ?? "", { images: await ids(set, "loose 0.png") });
    const [dealt] = await find(set, "loose 0.png");
    expect(dealt?.part).toMatch(/^(train|validation)$/);
    await edits.undo(caller, id, 1);
    expect(await find(set, "loose 0.png")).toMatchObject([{ class: null, part: dealt?.part }]);
  });

  test("a class that is switched off is not frozen; what comes into it meanwhile is dealt when it is on again", async () => {
    const set = await made(10, { loose: 1 });
    const { caller, id, classes } = set;
    const { edits, datasets } = opened.services;
    await edits.addClasses(caller, id, ["owls"]);
    await edits.switchClass(caller, id, classes.dogs ?? "", true);
    await edits.move(caller, id, classes.dogs ?? "", { images: await ids(set, "loose 0.png") });
    expect(await find(set, "loose 0.png")).toMatchObject([{ class: classes.dogs, part: null }]);
    await expect(datasets.freeze(id)).rejects.toMatchObject({ code: "bad-input" });
    await edits.undo(caller, id, 1);
    await edits.switchClass(caller, id, classes.dogs ?? "", false);
    expect((await find(set, "loose 0.png"))[0]?.part).not.toBeNull();
    expect((await datasets.freeze(id)).dataset.labels).toEqual(["cats", "dogs"]);
  });

  test("another seed makes a new split, and says what moves; the same one again moves nothing", async () => {
    const set = await made(30);
    const { caller, id } = set;
    const { datasets } = opened.services;
    const { rule, moved } = await datasets.resplit(caller, id, { seed: 7 });
    expect(rule).toMatchObject({ seed: 7, fraction: 0.2, version: 2, kind: "drawn" });
    const count = moved.reduce((sum, { pictures }) => sum + pictures, 0);
    expect(count).toBeGreaterThan(0);
    const again = await datasets.resplit(caller, id, { seed: 7 });
    expect(again).toMatchObject({ rule: { version: 3 }, moved: [] });
    const { split } = await datasets.freeze(id);
    expect([split.seed, split.validation.length, split.train.length]).toEqual([7, 12, 48]);
    const more = await datasets.resplit(caller, id, { fraction: 0.5 });
    expect((await datasets.freeze(id)).split.validation).toHaveLength(30);
    expect(more.moved).toEqual([{ from: "train", to: "validation", pictures: 18 }]);
  });

  test("grouping that finds nothing to group says so, in the answer and in the report", async () => {
    const { caller, id } = await made(10);
    const { datasets } = opened.services;
    const note = { code: "no-groups", message: expect.stringContaining("finds no images that are numbered") };
    expect((await datasets.resplit(caller, id, { seed: 2 })).notes).toEqual([]);
    expect((await datasets.resplit(caller, id, { groupPrefix: true })).notes).toEqual([note]);
    expect((await datasets.inspect(caller, id)).notes).toContainEqual(note);
    expect((await datasets.resplit(caller, id, { groupPrefix: false })).notes).toEqual([]);
    expect((await datasets.inspect(caller, id)).notes).not.toContainEqual(note);
  });
});

describe("a data set", () => {
  test("is copied with its classes, pictures and sides, and lives on by itself", async () => {
    const set = await made(4);
    const { caller, id, classes } = set;
    const { datasets, edits } = opened.services;
    for (const { hash } of await opened.images(id)) expect(await opened.blobs.head(hash)).toBeUndefined();
    // rows without bytes are what a deletion leaves in the middle: a copy has none of them
    const empty = await datasets.copy(caller, id, "empty");
    expect(await opened.images(empty.id)).toEqual([]);
    await edits.renameClass(
      caller,
      empty.id,
      (await opened.repository.datasets.classes(empty.id))[0]?.id ?? "",
      "tigers",
    );
    expect(await classesOf(set)).toEqual(["cats", "dogs"]);
    expect(Object.keys(classes)).toEqual(["cats", "dogs"]);
  });

  test("is renamed, listed and not seen by others; an admin sees all", async () => {
    const { caller, id } = await made(2);
    const { datasets } = opened.services;
    await datasets.rename(caller, id, "animals");
    const own = await datasets.page(caller, { limit: 10 });
    expect(own.items.map(({ dataset }) => dataset.name)).toEqual(["animals"]);
    const other = await opened.person();
    expect((await datasets.page(other, { limit: 10 })).items).toEqual([]);
    for (const call of [
      () => datasets.get(other, id),
      () => datasets.rename(other, id, "mine"),
      () => datasets.copy(other, id, "mine"),
      () => datasets.delete(other, id),
      () => datasets.inspect(other, id),
      () => datasets.resplit(other, id, { seed: 3 }),
      () => opened.services.images.page(other, id, { limit: 5 }),
      () => opened.services.images.delete(other, id, { filter: {} }),
    ])
      await expect(call()).rejects.toEqual(expect.any(CoreError));
    const admin = await opened.person({ role: "admin", name: "root" });
    expect((await datasets.get(admin, id)).dataset.name).toBe("animals");
  });

  test("is inspected with what should be known of it", async () => {
    const { caller, id } = await made(3);
    const { report, notes } = await opened.services.datasets.inspect(caller, id);
    expect(report.classes.map(({ label, images }) => [label, images])).toEqual([
      ["cats", 3],
      ["dogs", 3],
    ]);
    expect(notes.map(({ code }) => code)).toContain("few-images");
  });
});
