/** A server's data sets with all that they stand on: store, blobs, queue, spool, and a worker that imports. */
import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  BlobKeeper,
  type BlobStore,
  type Caller,
  createServices,
  type ImageRow,
  type Jobs,
  newId,
  type Ports,
  type Repository,
  type Services,
  type UploadRow,
} from "@graft/api";
import { importHandler } from "../../../apps/server/src/import/import-handler.ts";
import type { ReadingLimits } from "../../../apps/server/src/import/reading-child.ts";
import { folderSpool } from "../../../apps/server/src/import/upload-spool.ts";
import { openJobs } from "../../../apps/server/src/queue/open-jobs.ts";
import { HomeFeatures } from "../../../apps/server/src/runs/home-features.ts";
import type { ChildProgram } from "../../../apps/server/src/workers/child-program.ts";
import { JobClaimer } from "../../../apps/server/src/workers/job-claimer.ts";
import { type Callers, callersOf } from "../callers.ts";
import { noPredictor } from "../no-predictor.ts";
import { openBlobs } from "../open-pair.ts";
import { openTestStore, type StoreKind, type TestStore } from "../open-store.ts";
import type { S3Server } from "../s3-server.ts";

/** A file by its name. */
export type Files = Readonly<Record<string, Uint8Array>>;

export interface OpenedDatasets extends AsyncDisposable, Callers {
  readonly home: string;
  readonly store: TestStore;
  readonly repository: Repository;
  readonly ports: Ports;
  readonly services: Services;
  readonly blobs: BlobStore;
  readonly jobs: Jobs;
  /** What a worker was in trouble with. */
  readonly errors: unknown[];
  /** Milliseconds by which the clock is ahead. */
  ahead: number;
  /** Sends files as a client does: hashes, what is missing, finish. @returns the upload, not imported yet. */
  send(caller: Caller, dataset: string, files: Files, to?: SendOptions): Promise<UploadRow>;
  /** Sends, and waits for the import. */
  bring(caller: Caller, dataset: string, files: Files, to?: SendOptions): Promise<UploadRow>;
  /** Waits for an import. */
  imported(upload: string): Promise<UploadRow>;
  images(dataset: string): Promise<readonly ImageRow[]>;
  /** Ends the worker and closes the store, and opens all again, as after a restart; this one is not to be used then. */
  restart(change?: Pick<OpenOptions, "hasWorker">): Promise<OpenedDatasets>;
}

export interface SendOptions {
  readonly class?: string;
  readonly labelsFrom?: UploadRow["labelsFrom"];
  readonly labelTable?: UploadRow["labelTable"];
}

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

export async function* pieces(bytes: Uint8Array, size = 64 * 1024): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

export interface OpenOptions {
  readonly kind?: StoreKind;
  readonly limits?: ReadingLimits;
  /** That reads uploads. @default from sources */
  readonly program?: ChildProgram;
  /** @default there is a worker */
  readonly hasWorker?: boolean;
}

export async function openDatasets(options: OpenOptions = {}): Promise<OpenedDatasets> {
  const home = await mkdtemp(join(tmpdir(), "graft-datasets-"));
  const store = await openTestStore(options.kind ?? "pglite");
  const { blobs, s3 } = await openBlobs(store);
  return openOn(store, home, { ...options, blobs, ...(s3 && { s3 }) });
}

interface OpenedOptions extends OpenOptions {
  readonly blobs: BlobStore;
  readonly s3?: S3Server;
}

async function openOn(store: TestStore, home: string, options: OpenedOptions): Promise<OpenedDatasets> {
  const { repository } = store;
  const errors: unknown[] = [];
  const clock = (): number => Date.now() + opened.ahead;
  const { blobs, s3, limits, program, hasWorker = true } = options;
  const jobs = await openJobs({ database: store.queue, onError: (error) => errors.push(error) });
  const ports = {
    repository,
    blobs,
    jobs,
    clock,
    predictor: noPredictor,
    features: new HomeFeatures(home, () => undefined),
    spool: folderSpool(join(home, "server/spool")),
    version: "test",
  };
  const services = createServices(ports, { isAlone: store.kind === "pglite" });
  const handle = importHandler({
    ...{ repository, blobs, keeper: new BlobKeeper(ports), clock, home, threads: 2 },
    ...(limits && { limits }),
    ...(program && { program }),
  });
  const claimer = hasWorker
    ? new JobClaimer({
        ...{ jobs, worker: newId(), kinds: ["import"], backends: [], handle, lookMs: 200 },
        onError: (error) => errors.push(error),
      })
    : undefined;
  let isOver = false;
  const end = async (): Promise<void> => {
    await claimer?.close();
    await jobs[Symbol.asyncDispose]();
  };
  const opened: OpenedDatasets = {
    ...{ home, store, repository, ports, services, blobs, jobs, errors, ahead: 0 },
    ...callersOf(repository),
    async send(caller, dataset, files, { class: of = null, labelsFrom = null, labelTable = null } = {}) {
      const upload = await services.uploads.create(caller, {
        ...{ dataset, class: typeof of === "string" ? of : null, labelsFrom, labelTable },
      });
      const byHash = new Map(Object.values(files).map((bytes) => [sha256(bytes), bytes]));
      const named = Object.entries(files).map(([path, bytes]) => ({
        ...{ path, hash: sha256(bytes), bytes: bytes.length },
      }));
      const { missing } = await services.uploads.plan(caller, upload.id, named);
      for (const hash of missing)
        await services.uploads.receive(caller, upload.id, hash, pieces(byHash.get(hash) ?? new Uint8Array()));
      return services.uploads.finish(caller, upload.id);
    },
    async bring(caller, dataset, files, to) {
      return opened.imported((await opened.send(caller, dataset, files, to)).id);
    },
    async imported(id) {
      for (;;) {
        const upload = await repository.uploads.get(id);
        if (upload === undefined) throw new Error("the upload is gone");
        const isOver = upload.state === "done" || upload.state === "failed";
        // what it leaves goes after that
        if (isOver && (await jobs.get(id))?.state !== "active") return upload;
        if (errors.length > 0) throw errors[0];
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    },
    async images(dataset) {
      const rows: ImageRow[] = [];
      for await (const page of repository.images.all(dataset)) rows.push(...page);
      return rows;
    },
    async restart(change) {
      await end();
      isOver = true;
      return openOn(await store.reopen(), home, { ...options, ...change });
    },
    async [Symbol.asyncDispose]() {
      if (isOver) return;
      await end();
      await s3?.stop();
      await store[Symbol.asyncDispose]();
      await rm(home, { recursive: true, force: true });
    },
  };
  return opened;
}
