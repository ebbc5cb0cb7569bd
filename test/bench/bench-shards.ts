// node --conditions=graft-source --import tsx test/bench/bench-shards.ts [MS] [PICTURES]: what it costs that a run's features are
// computed in shards, and what it brings. Workers, five to a process, sleep MS (40) for each picture; HTTP, the queue, the
// database, blobs and the cache of features are the server's.
// - one: a worker alone, of which nobody asks for shards
// - shared: the same worker, which offers shards that nobody else pulls; overhead = what it takes longer
// - twenty: 20 workers, of PICTURES (16000); ratio = their pictures a second against one's
// On a machine that does much else the server's processor time for each picture says more than the times do.
import { spawn } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Caller, createServices, type DatasetRow, type ImageRow, newId } from "@graft/api";
import { openStore } from "@graft/server";
import { openFolderBlobStore } from "../../apps/server/src/blobs/folder-blob-store.ts";
import { folderSpool } from "../../apps/server/src/import/upload-spool.ts";
import { openJobs } from "../../apps/server/src/queue/open-jobs.ts";
import { HomeFeatures } from "../../apps/server/src/runs/home-features.ts";
import { ServerPlatform } from "../../apps/server/src/runs/platform.ts";
import { RemoteWorkers } from "../../apps/server/src/workers/remote/remote-workers.ts";
import { FROM_SOURCES } from "../from-sources.ts";
import { sampleAccount } from "../server/contract/sample-rows.ts";
import { noPredictor } from "../server/no-predictor.ts";
import { serveWorkers } from "../server/workers/workers-server.ts";
import { machine } from "./figures.ts";

const [ms = 40, pictures = 16_000] = process.argv.slice(2).map(Number);
/** Of one worker. */
const FEW = 1280;
/** Of a small photo. */
const PICTURE_BYTES = 12 * 1024;
const AT_ONCE = 500;
/** Workers of one process: with all of them in one it is they that wait for each other. */
const PER_PROCESS = 5;
const CONFIG = {
  ...{ weights: "bundled", backend: "cpu", size: 75, cut: "mixed0", epochs: 1, earlyStop: null },
} as const;
const PROOF = "0".repeat(64);

/** A data set of so many pictures of random bytes, which nobody decodes. */
async function addPictures(owner: string, count: number): Promise<string> {
  const now = Date.now();
  const rule = { seed: 1, fraction: 0.2, groupPrefix: false, kind: "drawn", version: 1 } as const;
  const row: DatasetRow = {
    ...{ id: newId(), owner, name: `${count} pictures`, createdAt: now, changedAt: now, lastEdit: 0 },
    ...{ split: rule, notes: [] },
  };
  const classes = ["a", "b"].map((name, position) => ({
    ...{ id: newId(), dataset: row.id, name, position, isOff: false },
  }));
  await repository.datasets.create(row, classes);
  for (let first = 0; first < count; first += AT_ONCE) {
    const some = Array.from({ length: Math.min(AT_ONCE, count - first) }, (_, at) => first + at);
    const images = await Promise.all(
      some.map(async (at): Promise<ImageRow> => {
        const bytes = randomBytes(PICTURE_BYTES);
        const hash = createHash("sha256").update(bytes).digest("hex");
        await blobs.put(bytes, { hash });
        const facts = { format: "png", width: 75, height: 75, perceptualHash: hash.slice(0, 16) } as const;
        return {
          ...{ id: newId(), dataset: row.id, path: `${at}.png`, hash, bytes: PICTURE_BYTES, facts },
          ...{ group: null, part: at % 5 === 0 ? "validation" : "train", use: "in", reason: null },
          ...{ class: classes[at % 2]?.id ?? null, thumbnail: null, addedAt: now, addedBy: owner },
        };
      }),
    );
    await repository.images.add(row.id, { classes: [], images, parts: new Map(), at: now });
  }
  return row.id;
}

const home = await mkdtemp(join(tmpdir(), "graft-bench-"));
await using store = await openStore({ home, onNotice: () => undefined });
const { repository } = store;
const blobs = await openFolderBlobStore(join(home, "blobs"));
await using jobs = await openJobs({ database: store.queue, onError: console.error });
const ending = new AbortController();
const services = createServices(
  {
    ...{ repository, blobs, jobs, spool: folderSpool(join(home, "spool")), predictor: noPredictor },
    ...{ clock: Date.now, version: "test" },
  },
  { isAlone: true },
);
await using features = new HomeFeatures(home, () => undefined);
const platform = new ServerPlatform({
  ...{ home, features, env: { GRAFT_OFFLINE: "1" }, version: "test", signal: ending.signal },
});
const workspace = services.training.workspace(platform, ending.signal);
const account = sampleAccount();
await repository.accounts.create(account);
const token = { id: newId(), name: "laptop", role: account.role, scope: {}, endsAt: null };
const caller: Caller = { identity: { account, token }, from: "192.0.2.1", request: "r" };
const remote = new RemoteWorkers({
  ...{ jobs, workers: repository.workers, workspace },
  ...{ train: services.training.handler(workspace).handle, clock: Date.now, version: "test", cache: "here" },
  ownProofs: async () => ({ "sleep:cpu": PROOF }),
  log: { error: (error) => console.error(error), worker: () => undefined },
});
await using port = await serveWorkers(() => remote);

/** Seconds that the features of some pictures take so many workers. @returns pictures a second, by the trunk. */
async function rate(
  count: number,
  workers: number,
  options: { readonly isShared: boolean },
): Promise<number> {
  const dataset = await addPictures(account.id, count);
  const children = Array.from({ length: Math.ceil(workers / PER_PROCESS) }, (_, at) => {
    const first = at * PER_PROCESS;
    const many = Math.min(PER_PROCESS, workers - first);
    const given = { url: port.url, token: port.token, first, count: many, ms };
    const file = join(import.meta.dirname, "sleeping-workers.ts");
    const program = [...FROM_SOURCES, file, JSON.stringify(given)];
    return spawn(process.execPath, program, { stdio: ["ignore", "inherit", "inherit"] });
  });
  const list = () => repository.workers.list();
  while ((await list()).length < workers) await new Promise((resolve) => setTimeout(resolve, 100));
  const nobody = newId();
  // somebody who could help, and never does
  if (options.isShared && workers === 1)
    await repository.workers.put({
      ...{ id: nobody, name: "nobody", version: "test", kind: "local", backends: [], threads: 1, job: null },
      ...{ names: [], owner: null, state: "ready" },
      ...{ groups: ["sleep:cpu@here"], startedAt: Date.now(), heardAt: Date.now() + 3_600_000 },
    });
  const { id } = await services.runs.create(caller, { dataset, config: CONFIG });
  let begun = 0;
  let seconds = 0;
  let cpu = process.cpuUsage();
  let cpuMs = 0;
  const events = await services.runEvents.follow(caller, id, {});
  for await (const told of events)
    for (const event of told) {
      if (event.type !== "phase-start") continue;
      if (event.phase === "features") {
        begun = event.time;
        cpu = process.cpuUsage();
      }
      if (event.phase !== "head") continue;
      seconds = (event.time - begun) / 1000;
      const { user, system } = process.cpuUsage(cpu);
      cpuMs = (user + system) / 1000 / count;
      await services.runs.stop(caller, id, "cancel");
    }
  await repository.workers.remove(nobody);
  const ended = children.map((child) => new Promise((resolve) => child.once("exit", resolve)));
  for (const child of children) child.kill("SIGKILL");
  await Promise.all(ended);
  while ((await list()).length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
  const shards = options.isShared ? "" : ", no shards";
  console.log(
    `${count} pictures, ${workers} workers${shards}: ${seconds.toFixed(1)} s; the server's processor: ${cpuMs.toFixed(2)} ms each`,
  );
  return count / seconds;
}

console.log(`${machine()}; a picture sleeps ${ms} ms`);
const one = await rate(FEW, 1, { isShared: false });
const shared = await rate(FEW, 1, { isShared: true });
console.log(`overhead of shards: ${(100 * (one / shared - 1)).toFixed(1)} % of one worker's time`);
const twenty = await rate(pictures, 20, { isShared: true });
console.log(`20 workers: ${(twenty / one).toFixed(1)} × one`);
await remote.close(1000);
ending.abort();
await rm(home, { recursive: true, force: true });
