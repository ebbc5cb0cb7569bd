// node --conditions=graft-source --import tsx test/bench/bench-datasets.ts [PICTURES] [ROWS]: what it costs a server to take in
// 10,000 pictures in one zip (its memory's growth, in MB), and what a page of 200 and a relabel of 1,000 take in a data set of
// 100,000 pictures, as multiples of the bare SQL. The embedded store; the process that reads is another one.
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { createReadStream, statSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BlobKeeper, type Caller, createServices, type ImageRow, newId, type Services } from "@graft/api";
import { openStore, type Store } from "@graft/server";
import { sql } from "drizzle-orm";
import { openFolderBlobStore } from "../../apps/server/src/blobs/folder-blob-store.ts";
import { importHandler } from "../../apps/server/src/import/import-handler.ts";
import { folderSpool } from "../../apps/server/src/import/upload-spool.ts";
import { openJobs } from "../../apps/server/src/queue/open-jobs.ts";
import { noPredictor } from "../server/no-predictor.ts";

const [pictures = 10_000, rows = 100_000] = process.argv.slice(2).map(Number);
const home = await mkdtemp(join(tmpdir(), "graft-bench-"));
const MB = 2 ** 20;
const ROUNDS = 7;

/** The largest memory of this process above what it has now, in MB, while something is done. */
async function growth(work: () => Promise<unknown>): Promise<number> {
  const before = process.memoryUsage().rss;
  let most = before;
  const timer = setInterval(() => {
    most = Math.max(most, process.memoryUsage().rss);
  }, 50);
  await work().finally(() => clearInterval(timer));
  return (most - before) / MB;
}

/** The middle of a few rounds, in ms; two things in turn, so that a machine that changes its speed changes both. */
async function middles(...works: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const times = works.map((): number[] => []);
  for (let round = 0; round <= ROUNDS; round++)
    for (const [at, work] of works.entries()) {
      const start = performance.now();
      await work();
      if (round > 0) times[at]?.push(performance.now() - start);
    }
  return times.map((each) => each.sort((a, b) => a - b)[ROUNDS >> 1] ?? Number.NaN);
}

async function hashOf(file: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const piece of createReadStream(file)) hash.update(piece);
  return hash.digest("hex");
}

async function takeIn(
  services: Services,
  caller: Caller,
  run: (upload: string) => Promise<void>,
): Promise<void> {
  const { dataset } = await services.datasets.create(caller, { name: "many", classes: [], known: null });
  const zip = join(home, "many.zip");
  const maker = join(import.meta.dirname, "make-pictures-zip.ts");
  execFileSync(process.execPath, [...process.execArgv, maker, zip, String(pictures)], { stdio: "inherit" });
  const hash = await hashOf(zip);
  const bytes = statSync(zip).size;
  const upload = await services.uploads.create(caller, {
    dataset: dataset.id,
    class: null,
    labelsFrom: null,
  });
  const { id } = upload;
  let cpu = process.cpuUsage();
  let start = 0;
  const grown = await growth(async () => {
    await services.uploads.plan(caller, id, [{ path: "many.zip", hash, bytes }]);
    await services.uploads.receive(caller, id, hash, createReadStream(zip));
    await services.uploads.finish(caller, id);
    start = performance.now();
    cpu = process.cpuUsage();
    await run(id);
  });
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  const { result } = await services.uploads.get(caller, id);
  const each = (user + system) / 1000 / pictures;
  console.log(`${pictures} pictures in one zip of ${(bytes / MB).toFixed(0)} MB: ${result?.added} added`);
  console.log(`  memory of the server while they are sent and read  +${grown.toFixed(0)} MB`);
  console.log(
    `  ${(pictures / seconds).toFixed(0)} a second; the server computes ${each.toFixed(2)} ms for each`,
  );
}

async function edit({ repository, database }: Store, services: Services, caller: Caller): Promise<void> {
  const { dataset } = await services.datasets.create(caller, {
    name: "rows",
    classes: ["cats", "dogs"],
    known: null,
  });
  const [cats, dogs] = await repository.datasets.classes(dataset.id);
  const ids: string[] = [];
  for (let start = 0; start < rows; start += 1000) {
    const images = Array.from({ length: Math.min(1000, rows - start) }, (_, at): ImageRow => {
      const number = start + at;
      const hash = createHash("sha256").update(String(number)).digest("hex");
      return {
        ...{
          id: newId(),
          dataset: dataset.id,
          path: `cats/${String(number).padStart(6, "0")}.png`,
          hash,
          bytes: 1,
        },
        ...{
          class: cats?.id ?? null,
          use: "in",
          reason: null,
          group: null,
          part: number % 5 ? "train" : "validation",
        },
        facts: { format: "png", width: 4, height: 3, perceptualHash: hash.slice(0, 16) },
        ...{ thumbnail: null, addedAt: 1, addedBy: caller.identity.account.id },
      };
    });
    if (start < 1000) ids.push(...images.map(({ id }) => id));
    await repository.images.add(dataset.id, { classes: [], images, parts: new Map(), at: 1 });
  }
  // as the store does by itself within a minute
  await database.execute(sql`vacuum analyze graft.images`);
  const [page, bare] = await middles(
    () => services.images.page(caller, dataset.id, { class: cats?.id, limit: 200 }),
    () =>
      database.execute(sql`select * from graft.images where class_id = ${cats?.id} order by path limit 200`),
  );
  let to = 0;
  const classes = [dogs?.id ?? "", cats?.id ?? ""];
  const next = (): string => classes[to++ % 2] ?? "";
  const [relabel, update] = await middles(
    () => services.edits.move(caller, dataset.id, next(), { images: ids }),
    () =>
      database.execute(
        sql`update graft.images set class_id = ${next()} where id = any(${sql.param(ids)}::text[])`,
      ),
  );
  const line = (name: string, ours = Number.NaN, theirs = Number.NaN): void =>
    console.log(
      `  ${name.padEnd(30)}${(ours / theirs).toFixed(2)} × the bare SQL (${ours.toFixed(1)} ms, ${theirs.toFixed(1)} ms)`,
    );
  console.log(`${rows} pictures in a data set`);
  line("a page of 200", page, bare);
  line("a relabel of 1,000", relabel, update);
}

try {
  await using store = await openStore({ home });
  const { repository } = store;
  const blobs = await openFolderBlobStore(join(home, "server/blobs"));
  await using jobs = await openJobs({ database: store.queue, onError: (error) => console.error(error) });
  const spool = folderSpool(join(home, "server/spool"));
  const ports = { repository, blobs, jobs, spool, clock: Date.now, version: "bench", predictor: noPredictor };
  const services = createServices(ports, { isAlone: true });
  const account = {
    id: newId(),
    name: "anna",
    role: "member",
    group: null,
    createdAt: 0,
    endsAt: null,
  } as const;
  await repository.accounts.create(account);
  const token = { id: newId(), name: "laptop", role: "member", scope: {}, endsAt: null } as const;
  const caller: Caller = { identity: { account, token }, from: null, request: "bench" };
  const handle = importHandler({
    ...{ repository, blobs, keeper: new BlobKeeper(ports), clock: Date.now, home, threads: 2 },
  });
  const run = async (upload: string): Promise<void> => {
    const job = await jobs.claim({ worker: "bench", kinds: ["import"], backends: [] });
    if (job?.subject !== upload) throw new Error("the import is first in the line");
    const { signal } = new AbortController();
    await handle(job, {
      worker: "bench",
      signal,
      isForHost: () => false,
      hasKept: () => undefined,
      groups: [],
      claim: async () => undefined,
      handOver: () => undefined,
    });
    await jobs.complete(job.id, "bench");
  };
  if (pictures > 0) await takeIn(services, caller, run);
  if (rows > 0) await edit(store, services, caller);
} finally {
  await rm(home, { recursive: true, force: true });
}
