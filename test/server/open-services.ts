import { join } from "node:path";
import { type BlobStore, createServices, newId, type Ports, runFolder, type Services } from "@graft/api";
import type { Folder } from "@graft/core";
import { describe } from "vitest";
import { openBlobStore } from "../../apps/server/src/blobs/open-blob-store.ts";
import { folderSpool } from "../../apps/server/src/import/upload-spool.ts";
import { openJobs } from "../../apps/server/src/queue/open-jobs.ts";
import { motoPython, NO_S3 } from "../setup/moto-python.ts";
import { openPredictor } from "./open-predictor.ts";
import { describeOnStores, openTestStore, type StoreKind, type TestStore } from "./open-store.ts";
import { type S3Server, startS3 } from "./s3-server.ts";

/** All services on one store, as a host has them. */
export interface TestServices extends AsyncDisposable {
  readonly store: TestStore;
  readonly ports: Ports;
  readonly services: Services;
  /** A run's own folder. */
  readonly folderOf: (run: string) => Folder;
}

/** Blobs in a folder beside PGlite; beside PostgreSQL in an S3 store, where there is one for tests. */
export async function openBlobs(
  store: TestStore,
): Promise<{ readonly blobs: BlobStore; readonly s3?: S3Server }> {
  const s3 = store.kind === "postgres" ? await startS3() : undefined;
  if (!s3) return { blobs: await openBlobStore(join(store.home, "blobs")) };
  return { blobs: await openBlobStore(await s3.bucket(`test-${newId()}`)), s3 };
}

export async function openTestServices(kind: StoreKind): Promise<TestServices> {
  const store = await openTestStore(kind);
  const { blobs, s3 } = await openBlobs(store);
  const troubles: unknown[] = [];
  const jobs = await openJobs({ database: store.queue, onError: (error) => void troubles.push(error) });
  const spool = folderSpool(join(store.home, "spool"));
  // its processes start when a model is asked
  const { predictor, ...models } = await openPredictor();
  const ports = {
    ...{ repository: store.repository, blobs, spool, jobs, predictor, clock: Date.now, version: "0.1.0" },
  };
  const services = createServices(ports);
  const folderOf = (run: string): Folder => runFolder({ ...ports, keeper: services.keeper }, run);
  return {
    ...{ store, ports, folderOf, services },
    async [Symbol.asyncDispose]() {
      await models[Symbol.asyncDispose]();
      await jobs[Symbol.asyncDispose]();
      await s3?.stop();
      await store[Symbol.asyncDispose]();
      if (troubles.length > 0) throw troubles[0];
    },
  };
}

/** Registers tests on both pairs: PGlite with a folder, PostgreSQL with an S3 store. */
export function describeOnPairs(name: string, tests: (open: () => Promise<TestServices>) => void): void {
  describeOnStores(name, (_open, kind) => {
    const hasS3 = kind === "postgres" && motoPython() !== undefined;
    const why = kind === "postgres" && !hasS3 ? ` (${NO_S3})` : "";
    describe(`blobs in ${hasS3 ? "an S3 store" : "a folder"}${why}`, () =>
      tests(() => openTestServices(kind)));
  });
}
