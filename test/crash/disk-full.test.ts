import { closeSync, openSync, rmSync, writeSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { itLong } from "../long.ts";
import { mountSmallDisk } from "../small-disk.ts";
import { bringPictures } from "./bring-pictures.ts";
import { checkIdle, checkStore } from "./check-kept.ts";
import { checkRun } from "./check-run.ts";
import { Lives, type LivesOptions } from "./lives.ts";
import { QuietStage } from "./quiet-stage.ts";
import { roundPictures } from "./round-pictures.ts";
import { ended, startRun } from "./train-runs.ts";

const disk = await mountSmallDisk("384m");
const FULL_MS = 8000;
const FIRST_EPOCHS = 3;

/** Takes all room that there is, and what becomes free meanwhile, for a time. */
async function fillFor(ms: number): Promise<void> {
  const path = join(disk.small, "ballast");
  const ballast = openSync(path, "w");
  for (const end = performance.now() + ms; performance.now() < end; await pause(20))
    for (const bytes of [1 << 20, 4096])
      try {
        for (;;) writeSync(ballast, Buffer.alloc(bytes));
      } catch {
        // no room for so many
      }
  closeSync(ballast);
  rmSync(path);
}

describe.skipIf(disk.refusal !== undefined)(
  `a disk that is full in the middle of a run${disk.refusal === undefined ? "" : `, skipped: ${disk.refusal}`}`,
  () => {
    const place: LivesOptions = { home: join(disk.small, "home") };
    let lives: Lives;
    let dataset = "";
    beforeAll(async () => {
      lives = await Lives.begin(place);
      dataset = await bringPictures(lives.client, await roundPictures(0), new QuietStage());
    });
    afterAll(() => lives.kill());

    itLong("takes nothing of it: it ends with the numbers of one that had room", async () => {
      const calm = await ended(lives.client, await startRun(lives.client, dataset, { key: "calm" }));
      const watcher = await startRun(lives.client, dataset, { key: "full" });
      const over = ended(lives.client, watcher);
      while (watcher.heard.filter(({ type }) => type === "epoch-end").length < FIRST_EPOCHS) await pause(10);
      await fillFor(FULL_MS);
      expect(watcher.heard.at(-1)?.type, "it was not over before").not.toBe("run-end");
      expect(await checkRun(lives.client, await over, calm), lives.server.said.join("\n")).toEqual([]);
      expect(await checkIdle(lives, place)).toEqual([]);
    });

    it("leaves each record's file and each file's record", async () => {
      expect(await lives.end()).toBe(0);
      expect(await checkStore(place)).toEqual([]);
    });
  },
);
