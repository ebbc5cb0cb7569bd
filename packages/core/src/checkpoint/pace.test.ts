import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { checkpointInterval, createCheckpointPace } from "./pace.ts";

describe("the time between checkpoints", () => {
  it.each([
    [0, 30],
    [500, 30],
    [1428, 30],
    // 5 % of 42 s, less the 2 s themselves
    [2000, 42],
    [4000, 84],
    [6000, 120],
    [60_000, 120],
    [600_000, 120],
  ])("for one that takes %i ms to be written is %i s", (writeMs, seconds) => {
    expect(checkpointInterval(writeMs)).toBe(seconds * 1000);
  });

  it("lets writing take 5 % of the time, unless more than two minutes could be lost", () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1e6, noNaN: true }), (writeMs) => {
        const interval = checkpointInterval(writeMs);
        expect(interval).toBeGreaterThanOrEqual(30_000);
        expect(interval).toBeLessThanOrEqual(120_000);
        if (interval < 120_000) expect(writeMs / (interval - writeMs)).toBeLessThanOrEqual(0.05 + 1e-9);
      }),
    );
  });
});

describe("a pace", () => {
  /** A pace and its clock: `write` takes one checkpoint; `waited` says how long it was until the next was due. */
  function paced(options: { readonly shortestMs?: number; readonly bytes?: number } = {}) {
    let time = 1e9;
    const pace = createCheckpointPace({ clock: () => time, shortestMs: options.shortestMs });
    pace.start(options.bytes ?? 0);
    return {
      pace,
      write(ms: number): string | undefined {
        pace.begin();
        time += ms;
        return pace.wrote(ms);
      },
      waited(): number {
        const start = time;
        while (!pace.isDue) time += 100;
        return time - start;
      },
    };
  }

  it("has nothing to lose before the start", () => {
    expect(createCheckpointPace({ clock: () => 1e12 }).isDue).toBe(false);
    expect(createCheckpointPace({ clock: () => 1e12, asked: () => 1 }).isDue).toBe(false);
  });

  it("begins so early that a checkpoint is on disk when 30 s of work would be lost", () => {
    const { write, waited } = paced({ bytes: 300e6 });
    // 300 MB in a new file are taken to need 3 s
    expect(waited()).toBe(27_000);
    write(800);
    expect(waited()).toBe(30_000 - 800 - 800);
    write(500);
    expect(waited()).toBe(30_000 - 500 - 800);
  });

  it("goes on counting when the next phase starts", () => {
    const { pace, waited } = paced();
    waited();
    pace.start(1e6);
    expect(pace.isDue).toBe(true);
  });

  it("does not mind one slow write, grows with two in a row, and comes back", () => {
    const { write, waited } = paced();
    expect(write(3000)).toBeUndefined();
    expect(waited()).toBe(30_000 - 3000 - 3000);
    expect(write(4000)).toBe(
      "A checkpoint takes 3.0 s to write here, so graft writes one every 63 s: if the run is killed, up to that much work is lost.",
    );
    expect(waited()).toBe(63_000 - 4000 - 4000);
    expect(write(100)).toBeUndefined();
    expect(write(100)).toBeUndefined();
    expect(waited()).toBe(30_000 - 100 - 100);
  });

  it("does not count what it costs to make the files that later ones are written over", () => {
    const { write, waited } = paced({ bytes: 300e6 });
    for (const _ of [1, 2, 3]) expect(write(3400)).toBeUndefined();
    expect(waited()).toBe(30_000 - 3400 - 3400);
    // 0.4 s of the third one are the disk's
    expect(write(3400)).toBeUndefined();
    expect(write(3400)).toContain("every 71 s");
    // a disk that is slow is so from the start
    const slow = paced({ bytes: 300e6 });
    expect(slow.write(9000)).toBeUndefined();
    expect(slow.write(9000)).toContain("takes 9.0 s to write here, so graft writes one every 120 s");
  });

  it("says again that it grew only when it grew much", () => {
    const { write } = paced();
    write(2500);
    expect(write(2500)).toContain("every 53 s");
    expect(write(2600)).toBeUndefined();
    expect(write(2800)).toBeUndefined();
    write(9000);
    expect(write(9000)).toContain("takes 9.0 s to write here, so graft writes one every 120 s");
    expect(write(50_000)).toBeUndefined();
  });

  it("leaves a disk that takes minutes for one alone for half of the time", () => {
    const { write, waited } = paced();
    for (const _ of [1, 2]) write(100_000);
    expect(waited()).toBe(100_000);
  });

  it("takes another interval, also none", () => {
    expect(paced({ shortestMs: 0 }).waited()).toBe(0);
    expect(paced({ shortestMs: 200_000 }).waited()).toBe(200_000);
  });

  it("is due at once when one was asked for, once for each time", () => {
    let asked = 3;
    const pace = createCheckpointPace({ clock: () => 1e9, asked: () => asked });
    pace.start(0);
    expect(pace.isDue).toBe(false);
    asked++;
    expect(pace.isDue).toBe(true);
    pace.begin();
    expect(pace.isDue).toBe(false);
  });
});
