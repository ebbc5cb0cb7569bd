// npm run test:crash: the long campaign. GRAFT_CRASH_KILLS (50), GRAFT_CRASH_SEED (drawn), GRAFT_CRASH_PAIR (embedded, postgres).
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startS3 } from "../server/s3-server.ts";
import { NO_S3 } from "../setup/moto-python.ts";
import { whyNoPostgres } from "../setup/postgres.ts";
import { openPostgresServer } from "../setup/postgres-server.ts";
import { campaign } from "./campaign.ts";
import { killTable } from "./kill-table.ts";
import type { Kill } from "./killer.ts";
import type { LivesOptions } from "./lives.ts";
import { whyNoProcessTable } from "./process-table.ts";

const { env } = process;
const kills = Number(env.GRAFT_CRASH_KILLS ?? 50);
const seed = Number(env.GRAFT_CRASH_SEED ?? Date.now() % 1_000_000);
const say = (text: string): void => void process.stdout.write(`${text}\n`);

/** @returns whether all is well. */
async function pair(name: string, place: Omit<LivesOptions, "home">): Promise<boolean> {
  const folder = await mkdtemp(join(tmpdir(), "graft-crash-"));
  const begun = performance.now();
  try {
    let count = 0;
    const onKill = ({ phase, target, recoveredMs }: Kill): void =>
      say(`${++count}: ${target} in ${phase}, there again after ${(recoveredMs / 1000).toFixed(1)} s`);
    const report = await campaign({ folder, kills, seed, place, onKill });
    const { rounds, repeats, resumed, findings } = report;
    const minutes = ((performance.now() - begun) / 60_000).toFixed(1);
    say(`\n${name}: ${report.kills.length} kills in ${rounds} rounds and ${minutes} minutes, seed ${seed}`);
    say(killTable(report.kills));
    say(`requests asked again: ${repeats}; runs that their owner had to resume: ${resumed}`);
    if (findings.length === 0) say("everything is there, once, and equal to an undisturbed server's");
    else say(`${findings.join("\n")}\n\n${report.said.join("\n")}`);
    return findings.length === 0;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function onPostgres(): Promise<boolean> {
  const refusal = whyNoPostgres();
  if (refusal !== undefined) {
    say(`PostgreSQL skipped: ${refusal}`);
    return true;
  }
  await using server = await openPostgresServer();
  await using s3 = await startS3();
  const blobs = s3 && (await s3.bucket("crash"));
  const name = blobs ? "PostgreSQL and an S3 store" : `PostgreSQL and a folder (${NO_S3})`;
  return await pair(name, { databaseUrl: server.url, blobs });
}

const missing = whyNoProcessTable();
if (missing !== undefined) say(`skipped: ${missing}`);
else {
  const asked = env.GRAFT_CRASH_PAIR;
  let isWell = true;
  if (asked !== "postgres") isWell = (await pair("PGlite and a folder", {})) && isWell;
  if (asked !== "embedded") isWell = (await onPostgres()) && isWell;
  process.exitCode = isWell ? 0 : 1;
}
