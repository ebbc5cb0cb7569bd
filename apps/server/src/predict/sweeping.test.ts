import { constants, PerformanceObserver } from "node:perf_hooks";
import { expect, it } from "vitest";
import * as z from "zod";
import { PictureSweep } from "./sweeping.ts";

const { NODE_PERFORMANCE_GC_FLAGS_FORCED: FORCED, NODE_PERFORMANCE_GC_MINOR: MINOR } = constants;
const entrySchema = z.object({ detail: z.object({ kind: z.number(), flags: z.number() }) });

it("frees what answered pictures leave, each half a megabyte of them, and looks at no more than that", async () => {
  const collections: z.infer<typeof entrySchema>["detail"][] = [];
  const observer = new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) collections.push(entrySchema.parse(entry).detail);
  });
  const sweep = new PictureSweep();
  observer.observe({ entryTypes: ["gc"] });
  const before = process.memoryUsage().arrayBuffers;
  for (let at = 0; at < 100; at++) {
    sweep.answered([new Uint8Array(30_000).fill(at)]);
    // buffers are let go of between two events
    await new Promise((resolve) => setImmediate(resolve));
  }
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(1.5e6);
  await expect
    .poll(() => collections.filter(({ flags }) => flags & FORCED).map(({ kind }) => kind))
    .toEqual(
      // 3 MB, 17 pictures a sweep
      Array.from({ length: 5 }, () => MINOR),
    );
  observer.disconnect();
});
