import { describe, expect, it } from "vitest";
import { KeptBriefly } from "./kept-briefly.ts";

/** A store of one word, with how often it was read; each reading ends when it is told to. */
function slowStore(word: string | undefined) {
  const ends: (() => void)[] = [];
  const store = { word, reads: 0, now: 0, end: (): void => ends.splice(0).forEach((one) => void one()) };
  const kept = new KeptBriefly<string>(() => store.now, 10);
  const get = (isKept = true): Promise<string | undefined> =>
    kept.get(
      "key",
      async () => {
        store.reads++;
        const { word: read } = store;
        await new Promise<void>((end) => ends.push(end));
        return read;
      },
      { isKept: () => isKept },
    );
  const first = async (isKept = true): Promise<void> => {
    const asked = get(isKept);
    store.end();
    await asked;
  };
  return { store, kept, get, first };
}

describe("what is kept for a second", () => {
  it("is read once by all who ask for it when it is too old", async () => {
    const { store, get, first } = slowStore("old");
    await first();
    store.now = 1000;
    store.word = "new";
    const asked = [get(), get(), get()];
    expect(store.reads).toBe(2);
    store.end();
    expect(await Promise.all(asked)).toEqual(["new", "new", "new"]);
  });

  it("is read again beside a request in the second half of its time, so that the next one does not wait", async () => {
    const { store, get, first } = slowStore("old");
    await first();
    store.now = 499;
    expect(await get()).toBe("old");
    expect(store.reads).toBe(1);
    store.now = 500;
    store.word = "new";
    expect(await get()).toBe("old");
    expect(await get()).toBe("old");
    expect(store.reads).toBe(2);
    store.end();
    await Promise.resolve();
    store.now = 1400;
    expect(await get()).toBe("new");
  });

  it("is not served longer than a second where it cannot be read again", async () => {
    const { store, kept, first } = slowStore("old");
    await first();
    store.now = 700;
    const failing = (): Promise<string> => Promise.reject(new Error("the database is gone"));
    expect(await kept.get("key", failing)).toBe("old");
    store.now = 1000;
    await expect(kept.get("key", failing)).rejects.toThrow("the database is gone");
  });

  it("is read anew by who asks after a change that began after a reading", async () => {
    const { store, kept, get, first } = slowStore("old");
    await first();
    store.now = 1000;
    const before = get();
    store.word = "new";
    kept.forget();
    const after = get();
    store.end();
    expect(await before).toBe("old");
    expect(await after).toBe("new");
    expect(await get()).toBe("new");
    expect(store.reads).toBe(3);
  });

  it("is read by each who asks where it may not be kept", async () => {
    const { store, get, first } = slowStore("running");
    await first(false);
    const asked = [get(false), get(false)];
    expect(store.reads).toBe(3);
    store.end();
    await Promise.all(asked);
  });
});
