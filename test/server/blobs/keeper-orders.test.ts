import { BlobKeeper } from "@graft/api";
import fc from "fast-check";
import { expect, it } from "vitest";
import { memoryBlobRows, memoryBlobStore, type Turn } from "./memory-blobs.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const MINUTE_MS = 60_000;

/** Killed: nothing that it calls happens any more. */
class Killed extends Error {}

/** Lets a process call its ports so many times. */
function mortal<T extends object>(port: T, life: { calls: number }): T {
  return new Proxy(port, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== "function") return value;
      return (...given: unknown[]): unknown => {
        life.calls -= 1;
        if (life.calls < 0) throw new Killed();
        return Reflect.apply(value, target, given);
      };
    },
  });
}

const step = fc.record({
  what: fc.constantFrom("add", "add", "give up", "remove", "remove", "copy", "sweep", "finish"),
  content: fc.constantFrom("x", "y"),
});
const actor = fc.record({
  steps: fc.array(step, { minLength: 1, maxLength: 5 }),
  /** How often it calls its ports before it is killed; most are not. */
  calls: fc.oneof(
    { weight: 3, arbitrary: fc.constant(Number.POSITIVE_INFINITY) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 25 }) },
  ),
});

/** Processes that add, copy and remove the same bytes, in one order of events; some are killed. */
async function live(
  actors: readonly { readonly steps: readonly { what: string; content: string }[]; readonly calls: number }[],
  turn: Turn,
): Promise<void> {
  let now = 1_800_000_000_000;
  const clock = (): number => now;
  const rows = memoryBlobRows({ turn, clock });
  const isNamed = (hash: string): boolean => [...rows.rows.values()].some((row) => row.hash === hash);
  const blobs = memoryBlobStore({
    ...{ turn, clock },
    onDelete: (hash) => expect(isNamed(hash), "a blob is deleted that a row names").toBe(false),
  });
  const wait = async (ms: number): Promise<void> => {
    now += 40 * ms;
    await turn();
  };
  let numRows = 0;
  const add = async (hash: string, life: { calls: number }): Promise<void> => {
    await turn();
    if (--life.calls < 0) throw new Killed();
    expect(blobs.stored.has(hash), "a row names a blob that is gone").toBe(true);
    rows.rows.set(String(numRows++), { hash, bytes: null, kind: "picture" });
    await turn();
  };
  const run = async ({ steps, calls }: (typeof actors)[number]): Promise<void> => {
    const life = { calls };
    const ports = { blobs: mortal(blobs, life), repository: { blobs: mortal(rows, life) }, clock };
    const keeper = new BlobKeeper(ports, { wait });
    const act = async (what: string, content: string): Promise<void> => {
      if (what === "sweep") return void (await keeper.sweep({ olderThanMs: -1 }));
      if (what === "finish") return keeper.finishDeletions();
      if (what === "remove") {
        const [row] = [...rows.rows].filter(([, { bytes: length }]) => length === null).slice(-1);
        if (!row) return;
        if (--life.calls < 0) throw new Killed();
        rows.rows.delete(row[0]);
        await turn();
        return keeper.drop([row[1].hash]);
      }
      await using keeping = keeper.begin();
      const stream = async function* () {
        yield bytes(content);
        await turn();
      };
      if (what === "copy") {
        const [some] = [...rows.rows.values()];
        if (!some) return;
        const { hash } = some;
        if ((await keeping.keepStored([hash])).has(hash)) await add(hash, life);
        return;
      }
      const { hash } = await keeping.keep(stream());
      if (what === "add") await add(hash, life);
    };
    for (const { what, content } of steps) await act(what, content);
  };
  const ends = await Promise.allSettled(actors.map(run));
  for (const end of ends) if (end.status === "rejected" && !isKilled(end.reason)) throw end.reason;

  now += 2 * 60 * MINUTE_MS;
  await new BlobKeeper({ blobs, repository: { blobs: rows }, clock }, { wait }).sweep({ olderThanMs: -1 });
  expect(await rows.deletions()).toEqual([]);
  expect([...blobs.stored.keys()].filter((hash) => !isNamed(hash))).toEqual([]);
  expect([...rows.rows.values()].filter(({ hash }) => !blobs.stored.has(hash))).toEqual([]);
}

/** Also where giving back what was held failed for the same reason. */
const isKilled = (reason: unknown): boolean =>
  reason instanceof Killed ||
  (reason instanceof Error &&
    "suppressed" in reason &&
    isKilled(reason.suppressed) &&
    "error" in reason &&
    isKilled(reason.error));

it("no order of events takes a blob from a row, and none leaves a blob for nothing", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.scheduler(),
      fc.array(actor, { minLength: 2, maxLength: 4 }),
      async (scheduler, actors) => {
        await scheduler.waitFor(live(actors, () => scheduler.schedule(Promise.resolve())));
      },
    ),
    { numRuns: 400 },
  );
});
