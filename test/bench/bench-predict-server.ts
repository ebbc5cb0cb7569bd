// npm run build && GRAFT_BENCH_FASTAPI=1 node --conditions=graft-source --import tsx test/bench/bench-predict-server.ts
// How many pictures a second graft's predictions answer over HTTP, against the server that a Python user would write (FastAPI,
// uvicorn, Keras, the same weights: fastapi_baseline.py), at 1 and 32 clients, and against the trunk's own rate. Servers take
// turns within each round and the middle ratio of ROUNDS (3) counts, as a shared machine changes its speed within minutes;
// SECONDS (6) a measurement. DATA is a folder of pictures (photos beside the checkout, else drawn ones). MEMORY=60: as many
// seconds at 32 clients, and what graft's processes have of memory meanwhile. BARE=1: graft's predictor behind Node's HTTP and
// nothing else, too.
import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { createOnnxBackend } from "@graft/backend-select";
import { type Model, referenceOf, trunkGraph } from "@graft/core";
import { exportHdf5, loadWeights, writeModelFolder } from "@graft/core/node";
import * as z from "zod";
import { patchImages } from "../export/formats.ts";
import { sampleModel } from "../export/sample-model.ts";
import { FROM_SOURCES } from "../from-sources.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { fastApiPython } from "../setup/fastapi-python.ts";
import { sharedPath } from "../shared.ts";
import { drawnPhotos } from "./drawn-photos.ts";
import { machine, middle } from "./figures.ts";
import { type BenchModel, type BenchServer, startBare, startFastApi, startGraft } from "./predict-servers.ts";

const { ROUNDS = "3", SECONDS = "6", MEMORY, DATA, BARE } = process.env;
const CLIENTS = [1, 32] as const;
const PHOTOS = 200;
const work = await mkdtemp(join(tmpdir(), "graft-bench-predict-"));

const loadSchema = z.object({
  requestsPerSecond: z.number(),
  tookSeconds: z.number(),
  p50Ms: z.number(),
  p99Ms: z.number(),
  errors: z.number(),
  firstError: z.string(),
  cpuSeconds: z.number(),
});
interface Load extends z.infer<typeof loadSchema> {
  /** The server's, with the processes that it started: the same on a machine that others use, too. */
  readonly cpuMsPerPicture: number;
}

/** Sends pictures to a server from a process of its own. */
async function load({ url, token, pid }: BenchServer, clients: number, seconds: number): Promise<Load> {
  const cpuBefore = cpuMsOf(pid);
  const words = [url, `${clients}`, `${seconds}`, photos, ...(token === undefined ? [] : [token])];
  const child = spawn(
    process.execPath,
    [...FROM_SOURCES, resolve(import.meta.dirname, "load-generator.ts"), ...words],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  let said = "";
  child.stdout.on("data", (text: Buffer) => {
    said += text.toString("utf8");
  });
  const code = await new Promise((done) => child.once("exit", done));
  if (code !== 0) throw new Error(`the load generator ended with ${code}`);
  const result = loadSchema.parse(JSON.parse(said));
  if (result.errors > 0) throw new Error(`${result.errors} errors, the first: ${result.firstError}`);
  const pictures = result.requestsPerSecond * result.tookSeconds;
  return { ...result, cpuMsPerPicture: (cpuMsOf(pid) - cpuBefore) / pictures };
}

/** Photos of ordinary size, all in one folder. */
async function collectPhotos(): Promise<string> {
  const folder = join(work, "photos");
  await mkdir(folder);
  const shared = DATA ?? sharedPath("data/cats-dogs/validation");
  const files = shared
    ? readdirSync(shared, { recursive: true, encoding: "utf8" }).filter((name) => /\.jpe?g$/i.test(name))
    : [];
  for (const [i, name] of files.slice(0, PHOTOS).entries())
    await cp(join(shared ?? "", name), join(folder, `${i}.jpg`));
  if (files.length === 0) await drawnPhotos(folder, 64);
  return folder;
}

async function makeModel(): Promise<BenchModel> {
  const weights = await loadWeights({
    ...{ weights: "bundled", home: work, env: {}, fetch, cut: "mixed7" },
    onNotice: () => undefined,
  });
  const model: Model = sampleModel({ weights, recipe: "gap", labels: ["cats", "dogs"], unlikeAbove: 0.5 });
  const folder = await writeModelFolder(model, join(work, "model"));
  const h5 = join(work, "model.h5");
  await using backend = await createOnnxBackend({ provider: "cpu" });
  const reference = await referenceOf(model, patchImages(2, model.manifest.rule.size), backend);
  await exportHdf5(model, h5, { reference, backend });
  return { folder, h5, size: model.manifest.rule.size, range: weights.inputRange };
}

/** Pictures a second of the trunk alone, decoded ahead, in the batches that the engine likes best; and processor time of each. */
async function trunkRate(): Promise<{ readonly rate: number; readonly cpuMs: number }> {
  const weights = await loadWeights({
    ...{ weights: "bundled", home: work, env: {}, fetch, cut: "mixed7" },
    onNotice: () => undefined,
  });
  await using backend = await createOnnxBackend({ provider: "cpu" });
  const program = await backend.compile(trunkGraph(weights, { cut: "mixed7", size: 150, pool: "avg" }));
  const batch = backend.limits.preferredBatch;
  const data = new Uint8Array(batch * 150 * 150 * 3).map((_, i) => i % 251);
  const images = { shape: [batch, 150, 150, 3], data };
  await program.run({ images });
  let count = 0;
  const start = performance.now();
  const cpu = process.cpuUsage();
  while (performance.now() - start < 3000) {
    await program.run({ images });
    count += batch;
  }
  const { user, system } = process.cpuUsage(cpu);
  program.dispose();
  return {
    rate: (1000 * count) / (performance.now() - start),
    cpuMs: (user + system) / 1000 / count,
  };
}

/** A figure of a process and of all below it. */
function overAll(pid: number, figure: (pid: number) => number): number {
  const children = `/proc/${pid}/task/${pid}/children`;
  const below = existsSync(children) ? readFileSync(children, "utf8").trim().split(" ").filter(Boolean) : [];
  return figure(pid) + below.reduce((sum, child) => sum + overAll(Number(child), figure), 0);
}

const residentOf = (pid: number): number =>
  overAll(pid, (one) => 4096 * Number(readFileSync(`/proc/${one}/statm`, "utf8").split(" ")[1]));

/** Milliseconds of processor time so far, in ticks of 10; NaN where the system does not tell. */
const cpuMsOf = (pid: number): number =>
  existsSync("/proc/self/stat")
    ? overAll(pid, (one) => {
        const fields = readFileSync(`/proc/${one}/stat`, "utf8").split(") ").at(-1)?.split(" ") ?? [];
        return 10 * (Number(fields[11]) + Number(fields[12]));
      })
    : Number.NaN;

async function memoryOver(server: BenchServer, seconds: number): Promise<void> {
  const seen: number[] = [];
  const timer = setInterval(() => seen.push(residentOf(server.pid)), 1000);
  const { requestsPerSecond } = await load(server, 32, seconds);
  clearInterval(timer);
  const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  const tenth = Math.max(1, Math.floor(seen.length / 10));
  const [start, end] = [middle(seen.slice(tenth, 3 * tenth)), middle(seen.slice(-2 * tenth))];
  console.log(
    `memory over ${seconds} s at 32 clients (${requestsPerSecond.toFixed(0)} a second): ${mb(start)} at first, ${mb(end)} at last, most ${mb(Math.max(...seen))}`,
  );
}

const photos = await collectPhotos();
const classes = join(work, "classes");
await copyEmoji(classes, 6);
try {
  console.log(machine());
  const model = await makeModel();
  const python = await fastApiPython();
  const servers = {
    graft: () => startGraft(classes),
    ...(BARE === undefined ? {} : { "graft's predictor alone": () => startBare(model) }),
    ...(python === undefined
      ? {}
      : {
          "model.predict": () => startFastApi(python, "predict", model),
          "tf.function, batched": () => startFastApi(python, "batched", model),
        }),
  };
  if (python === undefined)
    console.log(
      "Without FastAPI: GRAFT_BENCH_FASTAPI=1 installs it, FASTAPI_PYTHON names a Python that has it.",
    );
  const seconds = Number(SECONDS);
  const rounds: Record<string, Readonly<Record<number, Load>>>[] = [];
  const trunk: Awaited<ReturnType<typeof trunkRate>>[] = [];
  for (let round = 0; round < Number(ROUNDS); round++) {
    const found: Record<string, Readonly<Record<number, Load>>> = {};
    for (const [name, start] of Object.entries(servers)) {
      await using server = await start();
      await load(server, 8, 2);
      const loads: Record<number, Load> = {};
      for (const clients of CLIENTS) {
        const result = await load(server, clients, seconds);
        loads[clients] = result;
        const { requestsPerSecond, p50Ms, p99Ms, cpuMsPerPicture } = result;
        console.log(
          `  ${name.padEnd(24)}${`${clients}`.padStart(3)} clients ${requestsPerSecond.toFixed(1).padStart(8)} a second, median ${p50Ms.toFixed(1)} ms, p99 ${p99Ms.toFixed(1)} ms, ${cpuMsPerPicture.toFixed(1)} ms of processor time each`,
        );
      }
      found[name] = loads;
    }
    rounds.push(found);
    const alone = await trunkRate();
    trunk.push(alone);
    console.log(
      `  ${"the trunk alone".padEnd(36)}${alone.rate.toFixed(1).padStart(8)} a second, ${alone.cpuMs.toFixed(1)} ms of processor time each`,
    );
  }
  const rate = (round: (typeof rounds)[number] | undefined, name: string, clients: number): number =>
    round?.[name]?.[clients]?.requestsPerSecond ?? Number.NaN;
  for (const clients of CLIENTS) {
    for (const name of Object.keys(servers).slice(1)) {
      const ratios = rounds.map((round) => rate(round, "graft", clients) / rate(round, name, clients));
      const p99 = rounds.map(
        (round) =>
          (round[name]?.[clients]?.p99Ms ?? Number.NaN) / (round.graft?.[clients]?.p99Ms ?? Number.NaN),
      );
      const cpu = rounds.map(
        (round) =>
          (round[name]?.[clients]?.cpuMsPerPicture ?? Number.NaN) /
          (round.graft?.[clients]?.cpuMsPerPicture ?? Number.NaN),
      );
      console.log(
        `${clients} clients, against ${name}: ${middle(ratios).toFixed(2)} times as many, p99 ${middle(p99).toFixed(2)} times lower, ${middle(cpu).toFixed(2)} times less processor time`,
      );
    }
    const ofTrunk = rounds.map((round, i) => rate(round, "graft", clients) / (trunk[i]?.rate ?? Number.NaN));
    const ofCpu = rounds.map(
      (round, i) => (trunk[i]?.cpuMs ?? Number.NaN) / (round.graft?.[clients]?.cpuMsPerPicture ?? Number.NaN),
    );
    console.log(
      `${clients} clients, of the trunk's own rate: ${middle(ofTrunk).toFixed(2)}; of the processor's time: ${middle(ofCpu).toFixed(2)}`,
    );
  }
  if (MEMORY !== undefined) {
    await using server = await servers.graft();
    await memoryOver(server, Number(MEMORY));
  }
} finally {
  await rm(work, { recursive: true, force: true });
}
