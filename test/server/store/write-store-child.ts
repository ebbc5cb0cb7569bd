/**
 * Writes into the store of a home, several things at once, and says on its output what is done, until it is killed.
 * `node … write-store-child.ts HOME DATASET RUN LIFE`
 */
import { writeSync } from "node:fs";
import type { ImageRow } from "@graft/api";
import { openStore } from "@graft/server";
import { NOW, sampleEdit, sampleImage } from "../contract/sample-rows.ts";
import { BASE_IMAGES, BATCH_IMAGES, type Done, EVENTS } from "./killed-writes.ts";

const [home = "", dataset = "", run = "", life = ""] = process.argv.slice(2);
const { repository } = await openStore({ home, isSynced: false });
// at once and whole, as a killed process has no time to send what it holds back
const say = (done: Done): void => void writeSync(1, `${JSON.stringify(done)}\n`);

async function addImages(): Promise<void> {
  for (let batch = 0; ; batch++) {
    const images = Array.from({ length: BATCH_IMAGES }, (_, n) =>
      sampleImage(dataset, { path: `${life}/${batch}/${n}` }),
    );
    await repository.images.add(dataset, { classes: [], images, parts: new Map(), at: NOW });
    say({ kind: "images", folder: `${life}/${batch}/` });
  }
}

async function edit(): Promise<void> {
  const base: readonly ImageRow[] = (
    await repository.images.page(dataset, { search: "base/", limit: BASE_IMAGES })
  ).items;
  const found = await repository.datasets.get(dataset);
  for (let number = (found?.lastEdit ?? 0) + 1; ; number++) {
    const before = { class: null, use: "in", reason: `edit ${number - 1}` } as const;
    const after = { ...before, reason: `edit ${number}` };
    const images = base.map(({ id }) => ({ image: id, before, after }));
    await repository.edits.apply(sampleEdit(dataset, number, { images }), new Map());
    say({ kind: "edit", number });
  }
}

async function append(): Promise<void> {
  for (let seq = ((await repository.runs.get(run))?.lastSeq ?? -1) + 1; ; seq += EVENTS) {
    const events = Array.from({ length: EVENTS }, (_, n) => ({
      ...({ run, seq: seq + n, time: NOW, type: "note", code: "a", message: "b" } as const),
    }));
    await repository.runs.appendEvents(run, events);
    say({ kind: "events", last: seq + EVENTS - 1 });
  }
}

async function putFiles(): Promise<void> {
  for (let bytes = ((await repository.runs.file(run, "a"))?.bytes ?? 0) + 1; ; bytes++) {
    const put = ["a", "b/c"].map((path) => ({ run, path, hash: `${life} ${bytes}`, bytes }));
    await repository.runs.changeFiles(run, { put, remove: [] });
    say({ kind: "files", bytes });
  }
}

await Promise.all([addImages(), edit(), append(), putFiles()]);
