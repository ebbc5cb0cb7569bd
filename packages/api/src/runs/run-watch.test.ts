import { CoreError, type TrainEvent } from "@graft/core";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RunRepository } from "../ports/repository.ts";
import { RunWatch } from "./run-watch.ts";

const event = (seq: number): TrainEvent => ({
  ...{ v: 1, run: "r", time: 0, type: "warning", code: "w", message: "", seq },
});

/** A watch of a run that nothing is stored of, with so many who wait for its events. */
function watched(count: number) {
  const none = { get: async () => undefined, events: async () => [] };
  const watch = new RunWatch(none as Pick<RunRepository, "get" | "events"> as RunRepository, "r");
  const heard: number[][] = [];
  const controllers = Array.from({ length: count }, () => new AbortController());
  for (const [at, { signal }] of controllers.entries()) {
    heard.push([]);
    const listener = watch.listen(signal);
    void (async () => {
      for (let next = 0; !signal.aborted; ) {
        const { version } = watch;
        const events = await watch.from(next);
        heard[at]?.push(...events.map(({ seq }) => seq));
        next += events.length;
        if (events.length === 0) await listener.changedSince(version);
      }
      listener[Symbol.dispose]();
    })();
  }
  return { watch, heard, controllers };
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it("tells one follower at once, and hundreds together a little later", async () => {
  const one = watched(1);
  await vi.advanceTimersByTimeAsync(0);
  one.watch.add([event(0)]);
  await vi.advanceTimersByTimeAsync(0);
  expect(one.heard).toEqual([[0]]);

  const many = watched(101);
  await vi.advanceTimersByTimeAsync(0);
  many.watch.add([event(0)]);
  await vi.advanceTimersByTimeAsync(150);
  many.watch.add([event(1)]);
  await vi.advanceTimersByTimeAsync(49);
  expect(new Set(many.heard.flat())).toEqual(new Set());
  await vi.advanceTimersByTimeAsync(1);
  expect(many.heard).toEqual(Array.from({ length: 101 }, () => [0, 1]));
});

it("wakes a follower that leaves at once, and tells the others all the same", async () => {
  const { watch, heard, controllers } = watched(3);
  await vi.advanceTimersByTimeAsync(0);
  controllers[0]?.abort();
  await vi.advanceTimersByTimeAsync(0);
  watch.add([event(0)]);
  // two are left, so one of them is gathered for
  await vi.advanceTimersByTimeAsync(2);
  expect(heard).toEqual([[], [0], [0]]);
});

it("reads once what was told before, for all who come together", async () => {
  const stored = Array.from({ length: 700 }, (_, seq) => event(seq));
  const asked: number[] = [];
  const watch = new RunWatch(
    {
      get: async () => ({ state: "running", lastSeq: stored.length - 1 }),
      events: async (_run: string, { after, limit }: { after: number; limit: number }) => {
        asked.push(after);
        return stored.slice(after + 1, after + 1 + limit);
      },
    } as unknown as RunRepository,
    "r",
  );
  await watch.refresh();
  const all = await Promise.all(Array.from({ length: 50 }, () => watch.from(0)));
  expect(all).toEqual(Array.from({ length: 50 }, () => stored));
  expect(asked).toEqual([-1, 499]);
});

it("stands a store that is away for a while, however often it is looked at meanwhile", async () => {
  let get = async (): Promise<unknown> => {
    await new Promise((resolve) => setTimeout(resolve, 20_000));
    throw new CoreError("unreadable", { what: "The database is away." });
  };
  const repository = { get: () => get(), events: async () => [event(0)] } as unknown as RunRepository;
  const watch = new RunWatch(repository, "r");
  // as a timer looks, which hears of nothing that goes wrong
  for (let second = 0; second < 19; second++) {
    void watch.refresh();
    await vi.advanceTimersByTimeAsync(1000);
  }
  await vi.advanceTimersByTimeAsync(21_000);
  expect(await watch.from(0)).toEqual([]);
  get = async () => ({ state: "running", lastSeq: 0 });
  await watch.refresh();
  expect(await watch.from(0)).toEqual([event(0)]);
});
