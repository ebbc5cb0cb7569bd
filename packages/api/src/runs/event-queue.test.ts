import type { TrainEvent } from "@graft/core";
import { expect, it } from "vitest";
import { EventQueue } from "./event-queue.ts";

const events = (from: number, to: number): TrainEvent[] =>
  Array.from({ length: to - from }, (_, at) => ({
    ...{ v: 1, run: "r", time: 0, type: "warning", code: "w", message: "" },
    seq: from + at,
  }));

/** A store whose writes end when they are told to. */
function slowStore() {
  const writes: number[][] = [];
  const ends: ((error?: Error) => void)[] = [];
  const store = (some: readonly TrainEvent[]): Promise<void> => {
    writes.push(some.map(({ seq }) => seq));
    return new Promise((resolve, reject) => {
      ends.push((error) => (error ? reject(error) : resolve()));
    });
  };
  const end = async (error?: Error): Promise<void> => {
    ends.shift()?.(error);
    // whoever waited for it goes on
    await new Promise((resolve) => setTimeout(resolve));
  };
  return { store, writes, end };
}

it("writes together what comes while others are written, each once and in order", async () => {
  const { store, writes, end } = slowStore();
  const queue = new EventQueue(store);
  await queue.add(events(3, 4));
  await queue.add(events(3, 6));
  await queue.add(events(5, 7));
  expect(writes).toEqual([[3]]);
  let isStored = false;
  const flushed = queue.flush().then(() => {
    isStored = true;
  });
  await end();
  expect({ writes, isStored }).toEqual({ writes: [[3], [4, 5, 6]], isStored: false });
  await end();
  await flushed;
  await queue.flush();
  expect(writes).toHaveLength(2);
});

it("waits for what was taken before, and not for what comes later", async () => {
  const { store, end } = slowStore();
  const queue = new EventQueue(store);
  await queue.add(events(0, 1));
  const first = queue.flush();
  await queue.add(events(1, 2));
  await end();
  await first;
  await end();
  await queue.flush();
});

it("tells the next who adds what kept events from being stored, and tries them again", async () => {
  const { store, writes, end } = slowStore();
  const queue = new EventQueue(store);
  await queue.add(events(0, 2));
  const flushed = queue.flush();
  flushed.catch(() => undefined);
  await end(new Error("away"));
  await expect(flushed).rejects.toThrow("away");
  const added = queue.add(events(2, 3));
  added.catch(() => undefined);
  await end(new Error("away still"));
  await expect(added).rejects.toThrow("away still");
  const again = queue.add(events(2, 4));
  await end();
  await again;
  expect(writes).toEqual([
    [0, 1],
    [0, 1, 2],
    [0, 1, 2, 3],
  ]);
});

it("holds up who adds faster than events are stored", async () => {
  const { store, writes, end } = slowStore();
  const queue = new EventQueue(store);
  await queue.add(events(0, 1));
  let isAdded = false;
  const added = queue.add(events(1, 1000)).then(() => {
    isAdded = true;
  });
  await end();
  expect({ isAdded, writes: writes.length }).toEqual({ isAdded: false, writes: 2 });
  await end();
  await added;
});

it("forgets what is not stored, when nothing is written any more", async () => {
  const { store, writes, end } = slowStore();
  const queue = new EventQueue(store);
  await queue.add(events(0, 1));
  await queue.add(events(1, 2));
  let isOver = false;
  const dropped = queue.drop().then(() => {
    isOver = true;
  });
  await new Promise((resolve) => setTimeout(resolve));
  expect(isOver).toBe(false);
  await end();
  await dropped;
  await queue.flush();
  expect(writes).toEqual([[0]]);
});
