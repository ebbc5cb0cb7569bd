/** Models on a server with all that they stand on: store, blobs and the processes that predict and export. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Caller, createServices, type Ports, type RunRow, runFolder, type Services } from "@graft/api";
import { type Folder, type Model, type Part, writeModel } from "@graft/core";
import { openBlobStore } from "../../apps/server/src/blobs/open-blob-store.ts";
import { folderSpool } from "../../apps/server/src/import/upload-spool.ts";
import { openJobs } from "../../apps/server/src/queue/open-jobs.ts";
import { type Callers, callersOf } from "./callers.ts";
import { sampleClass, sampleDataset, sampleImage, sampleRun } from "./contract/sample-rows.ts";
import { doModelJobs } from "./do-model-jobs.ts";
import { openPredictor } from "./open-predictor.ts";
import { openTestStore } from "./open-store.ts";

export interface OpenedModels extends AsyncDisposable, Callers {
  readonly ports: Ports;
  readonly services: Services;
  /** Moves on by what a test adds. */
  ahead: number;
  /** A data set of these pictures by class, every third held back. @returns its id and its images' ids by class. */
  dataset(
    caller: Caller,
    classes: Readonly<Record<string, readonly Buffer[]>>,
  ): Promise<{ readonly id: string; readonly images: Readonly<Record<string, readonly string[]>> }>;
  /** A completed run with this model. */
  run(caller: Caller, dataset: string, model: Model): Promise<RunRow>;
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export async function openModels(): Promise<OpenedModels> {
  const home = await mkdtemp(join(tmpdir(), "graft-models-"));
  const store = await openTestStore("pglite");
  const { predictor, ...ofPredictor } = await openPredictor();
  const troubles: unknown[] = [];
  const jobs = await openJobs({ database: store.queue, onError: (error) => troubles.push(error) });
  const { repository } = store;
  const blobs = await openBlobStore(join(home, "blobs"));
  const clock = (): number => Date.now() + opened.ahead;
  const ports = {
    ...{ repository, blobs, jobs, predictor, clock, version: "test" },
    spool: folderSpool(join(home, "spool")),
  };
  const services = createServices(ports);
  const doing = doModelJobs(ports, services, (error) => troubles.push(error));
  const folderOf = (run: string): Folder => runFolder({ ...ports, keeper: services.keeper }, run);
  const opened: OpenedModels = {
    ...{ ports, services, ahead: 0 },
    ...callersOf(repository),
    async dataset(caller, pictures) {
      const row = sampleDataset(caller.identity.account.id, { name: "My pets" });
      const classes = Object.keys(pictures).map((name, position) => sampleClass(row.id, { name, position }));
      await repository.datasets.create(row, classes);
      const images: Record<string, readonly string[]> = {};
      await using keeping = services.keeper.begin();
      for (const { id, name } of classes) {
        const rows = (pictures[name] ?? []).map((bytes, at) => {
          const hash = sha256(bytes);
          const part: Part = at % 3 === 2 ? "validation" : "train";
          const facts = { format: "png", width: 40, height: 30, perceptualHash: hash.slice(0, 16) } as const;
          const place = { class: id, path: `${name}/${at}.png`, hash, bytes: bytes.length };
          return sampleImage(row.id, { ...place, part, facts });
        });
        for (const bytes of pictures[name] ?? []) await keeping.keep(bytes);
        await repository.images.add(row.id, { classes: [], images: rows, parts: new Map(), at: Date.now() });
        images[name] = rows.map((image) => image.id);
      }
      return { id: row.id, images };
    },
    async run(caller, dataset, model) {
      const owner = caller.identity.account.id;
      const run = await repository.runs.create(
        sampleRun(dataset, { owner, state: "completed", hasModel: true, endedAt: Date.now() }),
      );
      const manifest = { ...model.manifest, run: run.id };
      await writeModel({ ...model, manifest }, { folder: folderOf(run.id), path: "model" });
      return run;
    },
    async [Symbol.asyncDispose]() {
      await doing.stop();
      await ofPredictor[Symbol.asyncDispose]();
      await jobs[Symbol.asyncDispose]();
      // a connection that still closes may tell that its database goes
      const [trouble] = troubles;
      await store[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
      if (trouble !== undefined) throw trouble;
    },
  };
  return opened;
}
