import { describe, expect, it } from "vitest";
import { BatchLine } from "./batch-line.ts";
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

function lineOf(batch: number, turns = new Turns()) {
  const { runs, run } = heldNetwork();
  const counted: number[] = [];
  const line = new BatchLine<number>({ run, batch, turns, onRun: (images) => counted.push(images) });
  return { line, runs, counted };
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
