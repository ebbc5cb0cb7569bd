import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Repository, WorkerRow } from "@graft/api";
import { expect, it } from "vitest";
import { HomeWorkerRows } from "./home-worker-rows.ts";

const rowOf = (id: string, state: WorkerRow["state"] = "ready"): WorkerRow => ({
  ...{ id, name: `worker ${id}`, version: "test", kind: "local", threads: 1, owner: null, state },
  ...{ backends: [], names: [], groups: [], startedAt: 0, heardAt: 0, job: null },
});

/** A store that several servers share. */
function openRows(): Repository["workers"] & { readonly ids: () => readonly string[] } {
  const rows = new Map<string, WorkerRow>();
  return {
    ids: () => [...rows.keys()],
    put: async (row) => void rows.set(row.id, row),
    heard: async (id) => rows.has(id),
    list: async () => [...rows.values()],
    remove: async (id) => void rows.delete(id),
  };
}

async function homeOf() {
  const file = join(await mkdtemp(join(tmpdir(), "worker-rows-")), "workers.json");
  const errors: unknown[] = [];
  const open = (store: Repository["workers"]) =>
    new HomeWorkerRows(store, { file, onError: (error) => errors.push(error) });
  return { file, errors, open, kept: async (): Promise<unknown> => JSON.parse(await readFile(file, "utf8")) };
}

it("removes what a killed server of this home left, however often, and nothing of another's", async () => {
  const store = openRows();
  const [mine, other] = [await homeOf(), await homeOf()];
  await other.open(store).put(rowOf("other"));
  for (const id of ["1", "2", "3"]) {
    const rows = mine.open(store);
    await rows.forgetKilled();
    await Promise.all([rows.put(rowOf(`a${id}`)), rows.put(rowOf(`b${id}`))]);
    await rows.put(rowOf("sent away", "refused"));
    expect(store.ids().toSorted()).toEqual([`a${id}`, `b${id}`, "other", "sent away"]);
  }
  // nor does the file grow
  expect(await mine.kept()).toEqual(["a3", "b3"]);
  expect([...mine.errors, ...other.errors]).toEqual([]);
});

it("tries those again that the store did not take back", async () => {
  const store = openRows();
  const home = await homeOf();
  await home.open(store).put(rowOf("1"));
  const away = { ...store, remove: () => Promise.reject(new Error("away")) };
  const rows = home.open(away);
  await expect(rows.forgetKilled()).rejects.toThrow("away");
  await rows.put(rowOf("2"));
  expect(await home.kept()).toEqual(["1", "2"]);
  await home.open(store).forgetKilled();
  expect(store.ids()).toEqual([]);
});

it("works on where the file is damaged or cannot be written", async () => {
  const store = openRows();
  const home = await homeOf();
  await writeFile(home.file, '["1"');
  await home.open(store).forgetKilled();
  const errors: unknown[] = [];
  const nowhere = { file: join(home.file, "x"), onError: (error: unknown) => void errors.push(error) };
  await new HomeWorkerRows(store, nowhere).put(rowOf("1"));
  expect([store.ids(), errors.length]).toEqual([["1"], 1]);
});
