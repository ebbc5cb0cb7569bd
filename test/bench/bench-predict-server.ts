// npm run build && GRAFT_BENCH_FASTAPI=1 node --conditions=graft-source --import tsx test/bench/bench-predict-server.ts
// How many pictures a second graft's predictions answer over HTTP, against the server that a Python user would write (FastAPI,
// uvicorn, Keras, the same weights: fastapi_baseline.py), at 1 and 32 clients, and against the trunk's own rate. A shared machine
// changes its speed within seconds: all servers are there the whole time, warm, and take TURNS (12) of SECONDS (2); the middle of
// the turns' ratios counts, and the p99 of all turns together. DATA is a folder of pictures (photos beside the checkout, else
// drawn ones). MEMORY=60: as many seconds at 32 clients, and what graft's processes have of memory meanwhile. BARE=1: graft's
// predictor behind Node's HTTP and nothing else, too.
import { readdirSync } from "node:fs";
import { cp, mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOnnxBackend } from "@graft/backend-select";
import { type Model, referenceOf, trunkGraph } from "@graft/core";
import { exportHdf5, loadWeights, writeModelFolder } from "@graft/core/node";
import { patchImages } from "../export/formats.ts";
import { sampleModel } from "../export/sample-model.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { fastApiPython } from "../setup/fastapi-python.ts";
import { sharedPath } from "../shared.ts";
import { drawnPhotos } from "./drawn-photos.ts";
import { machine, middle } from "./figures.ts";
import { cpuEach, type Load, load, quantile, rateOf, residentOf, together } from "./predict-load.ts";
import { type BenchModel, type BenchServer, startBare, startFastApi, startGraft } from "./predict-servers.ts";

const { TURNS = "12", SECONDS = "2", MEMORY, DATA, BARE } = process.env;
const seconds = Number(SECONDS);
const CLIENTS = [1, 32] as const;
const PHOTOS = 200;
const TRUNK = "the trunk alone";
const work = await mkdtemp(join(tmpdir(), "graft-bench-predict-"));

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

/** The trunk alone, in the batches that the engine likes best, of pictures that are decoded already. */
async function openBareTrunk(): Promise<{ measure(): Promise<Load>; close(): Promise<void> }> {
  const weights = await loadWeights({
    ...{ weights: "bundled", home: work, env: {}, fetch, cut: "mixed7" },
    onNotice: () => undefined,
  });
  const backend = await createOnnxBackend({ provider: "cpu" });
  const program = await backend.compile(trunkGraph(weights, { cut: "mixed7", size: 150, pool: "avg" }));
  const batch = backend.limits.preferredBatch;
  const data = new Uint8Array(batch * 150 * 150 * 3).map((_, i) => i % 251);
  const images = { shape: [batch, 150, 150, 3], data };
  await program.run({ images });
  return {
    async measure() {
      const latenciesMs: number[] = [];
      const start = performance.now();
      const cpu = process.cpuUsage();
      while (performance.now() - start < 1000) {
        const begun = performance.now();
        await program.run({ images });
        latenciesMs.push(...Array.from({ length: batch }, () => performance.now() - begun));
      }
      const { user, system } = process.cpuUsage(cpu);
      return {
        ...{ tookSeconds: (performance.now() - start) / 1000, latenciesMs },
        cpuMs: (user + system) / 1000,
      };
    },
    async close() {
      program.dispose();
      await backend.dispose();
    },
  };
}

async function memoryOver(server: BenchServer, seconds: number): Promise<void> {
  const seen: number[] = [];
  const timer = setInterval(() => seen.push(residentOf(server.pid)), 1000);
  const rate = rateOf(await load(server, { clients: 32, seconds, photos }));
  clearInterval(timer);
  const mb = (bytes: number): string => `${Math.round(bytes / 1e6)} MB`;
  const tenth = Math.max(1, Math.floor(seen.length / 10));
  const [start, end] = [middle(seen.slice(tenth, 3 * tenth)), middle(seen.slice(-2 * tenth))];
  console.log(
    `memory over ${seconds} s at 32 clients (${rate.toFixed(0)} a second): ${mb(start)} at first, ${mb(end)} at last, most ${mb(Math.max(...seen))}`,
  );
}

/** Turns of all servers, one after the other, and the trunk's beside them; each time the other way round. */
async function takeTurns(
  servers: ReadonlyMap<string, BenchServer>,
  clients: number,
): Promise<ReadonlyMap<string, readonly Load[]>> {
  const trunk = await openBareTrunk();
  const measures = new Map([
    ...[...servers].map(
      ([name, server]) => [name, () => load(server, { clients, seconds, photos })] as const,
    ),
    [TRUNK, () => trunk.measure()] as const,
  ]);
  const loads = new Map([...measures.keys()].map((name): [string, Load[]] => [name, []]));
  for (let turn = 0; turn < Number(TURNS); turn++) {
    const order = turn % 2 === 0 ? [...measures] : [...measures].reverse();
    for (const [name, measure] of order) loads.get(name)?.push(await measure());
  }
  await trunk.close();
  return loads;
}

/** What came of turns at so many clients, and how graft stands to the others. */
function tell(clients: number, loads: ReadonlyMap<string, readonly Load[]>): void {
  for (const [name, turns] of loads) {
    const all = together(turns);
    const [median, p99] = [quantile(all, 0.5), quantile(all, 0.99)].map((ms) => ms.toFixed(1));
    console.log(
      `  ${name.padEnd(24)}${`${clients}`.padStart(3)} clients ${rateOf(all).toFixed(1).padStart(8)} a second, median ${median} ms, p99 ${p99} ms, ${cpuEach(all).toFixed(1)} ms of processor time each`,
    );
  }
  const graft = loads.get("graft") ?? [];
  for (const [name, others] of loads) {
    if (name === "graft") continue;
    const ratios = others.map((other, turn) => rateOf(graft[turn] ?? other) / rateOf(other));
    const [ours, theirs] = [together(graft), together(others)];
    const cpu = (cpuEach(theirs) / cpuEach(ours)).toFixed(2);
    const times = `${middle(ratios).toFixed(2)} times as many (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`;
    const p99 = `p99 ${(quantile(theirs, 0.99) / quantile(ours, 0.99)).toFixed(2)} times lower`;
    console.log(
      `${clients} clients, against ${name}: ${times}, ${name === TRUNK ? "" : `${p99}, `}${cpu} times less processor time`,
    );
  }
}

const photos = await collectPhotos();
const classes = join(work, "classes");
await copyEmoji(classes, 6);
const servers = new Map<string, BenchServer>();
try {
  console.log(machine());
  const python = await fastApiPython();
  if (python === undefined)
    console.log(
      "Without FastAPI: GRAFT_BENCH_FASTAPI=1 installs it, FASTAPI_PYTHON names a Python that has it.",
    );
  servers.set("graft", await startGraft(classes));
  if (BARE !== undefined || python !== undefined) {
    const model = await makeModel();
    if (BARE !== undefined) servers.set("graft's predictor alone", await startBare(model));
    if (python !== undefined) {
      servers.set("model.predict", await startFastApi(python, "predict", model));
      servers.set("tf.function, batched", await startFastApi(python, "batched", model));
    }
  }
  // until each has opened all that it opens for many
  for (const server of servers.values()) await load(server, { clients: 8, seconds: 6, photos });
  for (const clients of CLIENTS) tell(clients, await takeTurns(servers, clients));
  const graft = servers.get("graft");
  if (MEMORY !== undefined && graft) await memoryOver(graft, Number(MEMORY));
} finally {
  for (const server of servers.values()) await server[Symbol.asyncDispose]();
  await rm(work, { recursive: true, force: true });
}
