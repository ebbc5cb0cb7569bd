import { describe, expect, it } from "vitest";
import type { RunRow } from "../ports/rows.ts";
import { KnownRuns } from "./known-runs.ts";

const row = (change: Partial<RunRow>): RunRow => ({
  ...{ id: "run", dataset: "pets", owner: "ada", number: 1, name: null, state: "completed", hasModel: true },
  ...{ stopAsked: null, config: {} as RunRow["config"], frozen: "", frozenEdit: 0, lastSeq: 9 },
  ...{ images: { train: 1, validation: 1, test: 0 }, createdAt: 0, startedAt: 1, endedAt: 2 },
  ...{ metrics: null, error: null, worker: null, backend: null, rerunOf: null },
  ...change,
});

/** A store of one run, with how often it was read. */
function storeOf(first: RunRow | undefined) {
  const store = { run: first, reads: 0, now: 0 };
  const get = async (): Promise<RunRow | undefined> => {
    store.reads++;
    return store.run;
  };
  return { store, known: new KnownRuns({ get }, () => store.now) };
}

describe("a run whose model is asked", () => {
  it("is read once a second, however often it is asked", async () => {
    const { store, known } = storeOf(row({}));
    for (let asked = 0; asked < 5; asked++) expect(await known.get("run")).toBe(store.run);
    expect(store.reads).toBe(1);
    store.now = 499;
    await known.get("run");
    expect(store.reads).toBe(1);
    // deleted by another server
    store.run = undefined;
    store.now = 1000;
    expect(await known.get("run")).toBeUndefined();
    expect(store.reads).toBe(2);
  });

  it("is not known any more once this process removed it, also to who was reading it then", async () => {
    const { store, known } = storeOf(row({}));
    await known.get("run");
    store.run = undefined;
    known.forget();
    expect(await known.get("run")).toBeUndefined();
    store.run = row({});
    const reading = known.get("run");
    known.forget();
    store.run = undefined;
    await reading;
    expect(await known.get("run")).toBeUndefined();
  });

  it("is read each time while it may still change: under way, stopped, without a model", async () => {
    for (const change of [{ state: "running" }, { state: "interrupted" }, { hasModel: false }] as const) {
      const { store, known } = storeOf(row(change));
      await known.get("run");
      store.run = row({});
      expect(await known.get("run")).toBe(store.run);
    }
  });
});
