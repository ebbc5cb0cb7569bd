import { describe, expect, it } from "vitest";
import { BatchLine, type BatchRun } from "./batch-line.ts";
import { Turns } from "./turns.ts";

/** A network whose runs end when the test says so. */
function heldNetwork() {
  const runs: { readonly images: readonly number[]; readonly end: (error?: Error) => void }[] = [];
  const run = (images: readonly Uint8Array[]): Promise<readonly number[]> =>
    new Promise((resolve, reject) => {
      const numbers = images.map(([first = -1]) => first);
      runs.push({
        images: numbers,
        end: (error) => (error ? reject(error) : resolve(numbers.map((number) => 10 * number))),
      });
    });
  return { runs, run };
}

const image = (number: number): Uint8Array => Uint8Array.of(number);
const never = new AbortController().signal;
const same = (row: number): number => row;
/** All that follows from what has happened. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function lineOf(batch: number, turns = new Turns(), laneCount = 0) {
  const { runs, run } = heldNetwork();
  const counted: number[] = [];
  const lanes = Array.from({ length: laneCount }, heldNetwork);
  const onRun = (images: number): void => void counted.push(images);
  const all = (): readonly BatchRun<number>[] => lanes.map((lane) => lane.run);
  const line = new BatchLine<number>({ run, lanes: all, batch, turns, onRun });
  const onLanes = (): number[][][] => lanes.map((lane) => lane.runs.map(({ images }) => [...images]));
  return { line, runs, counted, lanes, onLanes };
}

describe("a line of images to one network", () => {
  it("lets an image that comes alone wait for nobody", async () => {
    const { line, runs } = lineOf(8);
    const answer = line.add(image(1), never, same);
    await settled();
    expect(runs.map(({ images }) => images)).toEqual([[1]]);
    runs[0]?.end();
    expect(await answer).toBe(10);
  });

  it("takes all that gathered while a batch was computed, as many as a batch has, in order", async () => {
    const { line, runs, counted } = lineOf(4);
    const answers = [line.add(image(0), never, same)];
    await settled();
    for (let i = 1; i < 8; i++) answers.push(line.add(image(i), never, same));
    for (let run = 0; run < 3; run++) {
      await settled();
      runs[run]?.end();
    }
    expect(await Promise.all(answers)).toEqual([0, 10, 20, 30, 40, 50, 60, 70]);
    // the first ran as soon as it was there
    expect(runs.map(({ images }) => images)).toEqual([[0], [1, 2, 3, 4], [5, 6, 7]]);
    expect(counted).toEqual([1, 4, 3]);
  });

  it("does not compute an image whose caller has gone, and the others all the same", async () => {
    const { line, runs } = lineOf(4);
    const leaving = new AbortController();
    const first = line.add(image(0), never, same);
    await settled();
    const gone = line.add(image(1), leaving.signal, same);
    const last = line.add(image(2), never, same);
    await settled();
    leaving.abort();
    await expect(gone).rejects.toMatchObject({ code: "cancelled" });
    await expect(line.add(image(3), leaving.signal, same)).rejects.toMatchObject({ code: "cancelled" });
    runs[0]?.end();
    await settled();
    runs[1]?.end();
    expect(await Promise.all([first, last])).toEqual([0, 20]);
    expect(runs.map(({ images }) => images)).toEqual([[0], [2]]);
  });

  it("tells all images of a run that failed, and goes on with the next", async () => {
    const { line, runs } = lineOf(4);
    const failing = Promise.allSettled([line.add(image(0), never, same), line.add(image(1), never, same)]);
    await settled();
    const last = line.add(image(2), never, same);
    runs[0]?.end(new Error("out of memory"));
    expect((await failing).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
    await settled();
    runs[1]?.end();
    expect(await last).toBe(20);
  });

  it("lets no batch in before what follows the last one is done: who is answered comes back together", async () => {
    const turns = new Turns();
    const [one, other] = [lineOf(4, turns), lineOf(4, turns)];
    const heads: (() => void)[] = [];
    const head = (row: number): Promise<number> =>
      new Promise((resolve) => heads.push(() => resolve(row + 1)));
    const first = [1, 2].map((number) => one.line.add(image(number), never, head));
    await settled();
    one.runs[0]?.end();
    const late = [one.line.add(image(3), never, same), other.line.add(image(4), never, same)];
    await settled();
    expect([heads.length, one.runs.length, other.runs.length]).toEqual([2, 1, 0]);
    heads[0]?.();
    late.push(other.line.add(image(5), never, same));
    await settled();
    expect([one.runs.length, other.runs.length]).toEqual([1, 0]);
    heads[1]?.();
    await settled();
    other.runs[0]?.end();
    await settled();
    one.runs[1]?.end();
    expect(await Promise.all([...first, ...late])).toEqual([11, 21, 30, 40, 50]);
    expect(other.runs.map(({ images }) => images)).toEqual([[4, 5]]);
  });

  it("tells an image alone what went wrong after the run", async () => {
    const { line, runs } = lineOf(4);
    const first = line.add(image(0), never, same);
    await settled();
    const [failing, last] = [
      line.add(image(1), never, () => Promise.reject(new Error("no head"))),
      line.add(image(2), never, same),
    ];
    const failed = expect(failing).rejects.toThrow("no head");
    runs[0]?.end();
    await settled();
    runs[1]?.end();
    await failed;
    expect(await Promise.all([first, last])).toEqual([0, 20]);
  });

  it("takes turns with the lines of other networks on one engine", async () => {
    const turns = new Turns();
    const [one, other] = [lineOf(1, turns), lineOf(1, turns)];
    const answers = [
      ...[one.line.add(image(1), never, same), one.line.add(image(2), never, same)],
      other.line.add(image(3), never, same),
    ];
    const order: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      await settled();
      const running = [...one.runs, ...other.runs].filter(({ images }) => !order.includes(images[0] ?? -1));
      expect(running).toHaveLength(1);
      order.push(running[0]?.images[0] ?? -1);
      running[0]?.end();
    }
    await Promise.all(answers);
    expect(order).toEqual([1, 3, 2]);
  });
});

describe("a line of images whose network has lanes", () => {
  it("shares out what waits, and gives a lane that is free the next, while others compute", async () => {
    const { line, runs, lanes, onLanes, counted } = lineOf(2, new Turns(), 2);
    const answers = [line.add(image(0), never, same)];
    await settled();
    for (let i = 1; i < 6; i++) answers.push(line.add(image(i), never, same));
    expect(onLanes()).toEqual([[], []]);
    runs[0]?.end();
    await settled();
    expect(onLanes()).toEqual([[[3, 4]], [[1, 2]]]);
    lanes[0]?.runs[0]?.end();
    await settled();
    expect(onLanes()).toEqual([[[3, 4], [5]], [[1, 2]]]);
    lanes[0]?.runs[1]?.end();
    await settled();
    // one that comes now waits for nobody
    answers.push(line.add(image(6), never, same));
    expect(onLanes()).toEqual([[[3, 4], [5], [6]], [[1, 2]]]);
    lanes[0]?.runs[2]?.end();
    lanes[1]?.runs[0]?.end();
    expect(await Promise.all(answers)).toEqual([0, 10, 20, 30, 40, 50, 60]);
    expect(counted).toEqual([1, 2, 2, 1, 1]);
    await settled();
    const alone = line.add(image(7), never, same);
    await settled();
    runs[1]?.end();
    expect(await alone).toBe(70);
  });

  it("gives each lane one run, and then the engine to who waits for it", async () => {
    const turns = new Turns();
    const [one, other] = [lineOf(2, turns, 2), lineOf(2, turns)];
    const answers = [1, 2, 3, 4, 5, 6].map((number) => one.line.add(image(number), never, same));
    const late = other.line.add(image(9), never, same);
    await settled();
    expect(one.onLanes()).toEqual([[[3, 4]], [[1, 2]]]);
    one.lanes[1]?.runs[0]?.end();
    await settled();
    expect([one.onLanes()[1], other.runs.length]).toEqual([[[1, 2]], 0]);
    one.lanes[0]?.runs[0]?.end();
    await settled();
    expect(other.runs.map(({ images }) => images)).toEqual([[9]]);
    other.runs[0]?.end();
    expect(await late).toBe(90);
    await settled();
    for (const { runs } of one.lanes) runs[1]?.end();
    expect(await Promise.all(answers)).toEqual([10, 20, 30, 40, 50, 60]);
  });

  it("tells the images of a lane that failed, and goes on with the others", async () => {
    const { line, lanes } = lineOf(1, new Turns(), 2);
    const answers = Promise.allSettled([1, 2, 3].map((number) => line.add(image(number), never, same)));
    await settled();
    lanes[0]?.runs[0]?.end(new Error("out of memory"));
    await settled();
    lanes[0]?.runs[1]?.end();
    lanes[1]?.runs[0]?.end();
    expect((await answers).map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
  });
});
