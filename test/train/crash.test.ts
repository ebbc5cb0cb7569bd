import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openCheckpointStore } from "@graft/core/node";
import { testRandom } from "@graft/core/testing";
import { expect, it } from "vitest";
import { checkpointFacts } from "./training-problem.ts";

const CHILD = join(import.meta.dirname, "train-child.ts");
const KILLS = 4;

/**
 * Trains in a process of its own.
 * @param killAfter kills it with SIGKILL so many milliseconds after its first step; Infinity lets it end.
 * @returns whether it ended by itself, and how many milliseconds after its first step.
 */
async function trainInChild(folder: string, killAfter: number): Promise<{ ended: boolean; ms: number }> {
  const flags = ["--conditions=graft-source", "--import", "tsx"];
  const child = spawn(process.execPath, [...flags, CHILD, folder], {
    cwd: import.meta.dirname,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const exited = once(child, "exit");
  let timer: NodeJS.Timeout | undefined;
  let start: number | undefined;
  for await (const line of createInterface({ input: child.stdout })) {
    if (!line.includes('"step-end"')) continue;
    start ??= performance.now();
    if (killAfter < Infinity) timer ??= setTimeout(() => child.kill("SIGKILL"), killAfter);
  }
  clearTimeout(timer);
  const [code, signal] = await exited;
  if (signal === null) expect(code).toBe(0);
  return { ended: signal === null, ms: performance.now() - (start ?? Number.NaN) };
}

/** What the last checkpoint holds; how long it took is not part of a run's numbers. */
async function outcome(folder: string) {
  const { seconds: _, ...facts } = checkpointFacts(await openCheckpointStore(folder).load()) ?? {
    seconds: 0,
  };
  return facts;
}

it("ends with the losses and weights of an undisturbed run, killed at random moments and resumed", async () => {
  const [undisturbed, killed] = await Promise.all([
    mkdtemp(join(tmpdir(), "graft-undisturbed-")),
    mkdtemp(join(tmpdir(), "graft-killed-")),
  ]);
  const seed = Date.now() % 1_000_000;
  const random = testRandom(seed);
  try {
    const { ended, ms } = await trainInChild(undisturbed, Infinity);
    expect(ended).toBe(true);
    const expected = await outcome(undisturbed);
    expect(expected).toMatchObject({ epoch: 60 });
    const epochs: number[] = [];
    for (let kill = 0; kill < KILLS; kill++) {
      if ((await trainInChild(killed, (random.next() * ms) / 3)).ended) break;
      epochs.push((await openCheckpointStore(killed).load())?.epoch ?? 0);
    }
    expect(epochs.length).toBeGreaterThan(0);
    expect((await trainInChild(killed, Infinity)).ended).toBe(true);
    expect(await outcome(killed), `seed ${seed}, killed after epochs ${epochs.join(", ")}`).toEqual(expected);
    const left = (await readdir(killed)).filter((name) => !name.endsWith(".tmp"));
    expect(left.length).toBeLessThanOrEqual(4);
  } finally {
    for (const folder of [undisturbed, killed]) await rm(folder, { recursive: true, force: true });
  }
}, 240_000);
