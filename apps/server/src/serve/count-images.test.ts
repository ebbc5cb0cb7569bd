import type { TrainEvent } from "@graft/core";
import { expect, it } from "vitest";
import { ImageCount } from "./count-images.ts";

const base = { run: "r", seq: 0, time: 0 };
const progress = (done: number, phase: "features" | "head" = "features"): TrainEvent => ({
  ...{ ...base, type: "progress", phase, done, total: 100, unit: "images" },
});
const begin: TrainEvent = { ...base, type: "phase-start", phase: "features", total: 100 };

it("counts each image once, of each run by itself, also of one that begins again", () => {
  const count = new ImageCount();
  expect(count.more("a", [begin, progress(10), progress(32)])).toBe(32);
  expect(count.more("b", [begin, progress(5)])).toBe(5);
  expect(count.more("a", [progress(50), progress(1, "head")])).toBe(18);
  expect(count.more("a", [begin, progress(8)])).toBe(8);
});
