import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openCheckpointStore } from "@graft/core/node";
import { testRandom } from "@graft/core/testing";
import { afterAll, beforeAll, expect, it } from "vitest";
import { bundledChild } from "../bundled-child.ts";
import { itLong } from "../long.ts";
import { checkpointFacts } from "./training-problem.ts";
import { writtenCheckpoint } from "./written-checkpoint.ts";

const CHILD = await bundledChild(join(import.meta.dirname, "train-child.ts"));
const WRITER = await bundledChild(join(import.meta.dirname, "checkpoint-writer.ts"));
const KILLS = 20;
const KILLS_WHILE_WRITING = 12;
/** Steps that a process lives, at most. */
const MAX_STEPS = 40;

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-killed-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/**
 * Trains in a process of its own with its checkpoints in a folder.
 * @param steps kills it with SIGKILL when it has told of so many steps; Infinity lets it end.
 * @returns whether it ended by itself.
 */
async function trainInChild(checkpoints: string, steps: number): Promise<boolean> {
  const child = spawn(process.execPath, [CHILD, checkpoints], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let told = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    if (line.includes('"step-end"') && ++told === steps) child.kill("SIGKILL");
  }
  const [code, signal] = await exited;
  if (signal === null) expect(code).toBe(0);
  return signal === null;
}

/**
 * What the last checkpoint holds, every epoch's losses and the kept weights. How long it took is not part of a run's numbers;
 * whether the last step's weights and slots are there depends on whether the disk was free between it and the end.
 */
async function outcome(checkpoints: string) {
  const facts = checkpointFacts(await openCheckpointStore(checkpoints).load());
  return facts && { ...facts, seconds: 0, parameters: {} };
}

itLong(
  "ends with the losses and weights of an undisturbed run, killed at random steps and resumed",
  async () => {
    const whole = join(folder, "whole");
    expect(await trainInChild(whole, Infinity)).toBe(true);
    const expected = await outcome(whole);
    // the head stopped early, the tail ran to its end
    expect(expected).toMatchObject({ phase: { name: "fine-tune" }, partial: null });
    expect(expected?.phase.epoch).toBeLessThan(30);
    expect(expected?.epoch).toBe((expected?.phase.epoch ?? 0) + 4);

    const seed = Date.now() % 1_000_000;
    const random = testRandom(seed);
    const places = new Set<string>();
    let run = 0;
    for (let kills = 0; kills < KILLS; ) {
      const killed = join(folder, `run ${run}`);
      if (await trainInChild(killed, random.int(1, MAX_STEPS))) {
        expect(await outcome(killed), `seed ${seed}, run ${run}`).toEqual(expected);
        run++;
        continue;
      }
      kills++;
      const { phase, partial } = (await openCheckpointStore(killed).load()) ?? {};
      places.add(`${phase?.name ?? "the start"}, ${partial ? "inside an epoch" : "between epochs"}`);
    }
    const killed = join(folder, `run ${run}`);
    expect(await trainInChild(killed, Infinity)).toBe(true);
    expect(await outcome(killed), `seed ${seed}, run ${run}`).toEqual(expected);
    expect(places).toContain("head, inside an epoch");
    const left = (await readdir(killed)).filter((name) => !name.endsWith(".tmp"));
    expect(left.length).toBeLessThanOrEqual(4);
  },
  600_000,
);

it("is left whole by a kill at any moment of writing: each is the newest or the one before", async () => {
  const store = join(folder, "written");
  let newest = 0;
  for (let kill = 0; kill < KILLS_WHILE_WRITING; kill++) {
    const child = spawn(process.execPath, [WRITER, store, String(newest)], {
      cwd: import.meta.dirname,
      stdio: ["ignore", "pipe", "inherit"],
    });
    const exited = once(child, "exit");
    let told = newest;
    let isKilled = false;
    for await (const line of createInterface({ input: child.stdout })) {
      told = Number(line);
      if (isKilled) continue;
      isKilled = true;
      // somewhere in the next saves of a few milliseconds each
      setTimeout(() => child.kill("SIGKILL"), (40 * kill) / KILLS_WHILE_WRITING);
    }
    expect(await exited).toEqual([null, "SIGKILL"]);
    const reasons: string[] = [];
    const loaded = await openCheckpointStore(store).load((reason) => reasons.push(reason));
    // what was told to be on disk is; the one that was being written may be too
    expect(reasons).toEqual([]);
    expect([told, told + 1]).toContain(loaded?.epoch);
    expect(loaded).toEqual(writtenCheckpoint(loaded?.epoch ?? 0));
    newest = loaded?.epoch ?? 0;
  }
  expect(newest).toBeGreaterThanOrEqual(KILLS_WHILE_WRITING);
}, 300_000);
