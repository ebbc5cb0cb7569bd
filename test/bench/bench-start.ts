// npm run build && node --conditions=graft-source --import tsx test/bench/bench-start.ts
// How long `graft serve` takes until it says where it is: on a home that is new, and on one that was served before, middle of
// ROUNDS (5); beside `node -e 0` in the same round, which is what starting any process costs here.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { serveGraft } from "../cli/serve-graft.ts";
import { machine, middle } from "./figures.ts";

const { ROUNDS = "5" } = process.env;

async function startMs(home: string): Promise<number> {
  const begun = performance.now();
  const server = await serveGraft(home, { token: "known" });
  const took = performance.now() - begun;
  await server.stop();
  return took;
}

async function nodeMs(): Promise<number> {
  const begun = performance.now();
  await once(spawn(process.execPath, ["-e", "0"], { stdio: "ignore" }), "exit");
  return performance.now() - begun;
}

console.log(machine());
const found: { readonly first: number; readonly again: number; readonly node: number }[] = [];
for (let round = 0; round < Number(ROUNDS); round++) {
  const home = await mkdtemp(join(tmpdir(), "graft-bench-start-"));
  try {
    found.push({ first: await startMs(home), again: await startMs(home), node: await nodeMs() });
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
const node = middle(found.map((times) => times.node));
for (const [name, key] of [
  ["on a new home", "first"],
  ["started again", "again"],
] as const) {
  const ms = middle(found.map((times) => times[key]));
  console.log(
    `graft serve ${name}: ${ms.toFixed(0)} ms, ${(ms / node).toFixed(1)} times an empty node process`,
  );
}
