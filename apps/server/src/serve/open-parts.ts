import { join } from "node:path";
import { createServices, type Ports, storeId } from "@graft/api";
import { BackupMaker } from "../backup/backup-maker.ts";
import { checkRestored } from "../backup/restoring.ts";
import { openBlobStore } from "../blobs/open-blob-store.ts";
import { auditedBackups } from "../http/raw/backup-route.ts";
import { hostRoutes } from "../http/raw/host-routes.ts";
import { folderSpool } from "../import/upload-spool.ts";
import { ProcessPredictor } from "../predict/process-predictor.ts";
import { openJobs } from "../queue/open-jobs.ts";
import { HomeFeatures } from "../runs/home-features.ts";
import { HomeStorage } from "../storage/home-storage.ts";
import { openStore } from "../store/open-store.ts";
import { countingImages, countingPredictions } from "./count-images.ts";
import { hostHealth } from "./host-health.ts";
import type { Parts, PartsOptions } from "./parts.ts";
import { ServerWork } from "./server-work.ts";
import { Upkeep } from "./upkeep.ts";

/** How long a server that ends waits for a database that is away; what was under way goes on from what was kept. */
const STORE_PATIENCE_MS = 5000;

/**
 * Opens what a server stands on, in the order in which each needs the other.
 * @throws what they throw; what was opened before is closed then.
 */
export async function openParts(options: PartsOptions): Promise<Parts> {
  /** What closes what was opened, in the order of the opening. */
  const opened: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const part of opened.reverse())
      try {
        await part[Symbol.asyncDispose]();
      } catch (error) {
        options.log.error({ err: error }, "A part did not close.");
      }
  };
  try {
    return { ...(await open(options, opened)), close };
  } catch (error) {
    await close();
    throw error;
  }
}

async function open(options: PartsOptions, opened: AsyncDisposable[]): Promise<Omit<Parts, "close">> {
  const { home, version, log, databaseUrl, onImages } = options;
  const folder = join(home, "server");
  const onNotice = (notice: string): void => log.warn(notice);
  const store = await openStore({
    home,
    onNotice,
    ...(databaseUrl === undefined ? {} : { url: databaseUrl }),
  });
  opened.push(store);
  await checkRestored(store);
  const blobs = await openBlobStore(options.blobs ?? join(folder, "blobs"), {
    ...{ store: await storeId(store.repository.leases), rows: store.name },
    temporary: join(folder, "blobs-on-their-way"),
  });
  const jobs = await openJobs({
    ...{ database: store.queue, patience: store.patience },
    onError: (error) => log.error({ err: error }, "The queue is in trouble."),
  });
  opened.push(jobs);

  const runs = countingImages(store.repository.runs, (count) => onImages("through-trunk", count));
  const repository = { ...store.repository, runs };
  const spool = folderSpool(join(folder, "spool"));
  const process = new ProcessPredictor({
    ...{ home, folder: join(folder, "exports") },
    onOutput: (text) => log.warn({ said: text }, "The process that predicts said something."),
    onGone: (why) => log.error({ why }, "The process that predicts ended."),
  });
  opened.push(process);
  const predictor = countingPredictions(process, (count) => onImages("predicted", count));
  const features = new HomeFeatures(home, onNotice);
  opened.push(features);
  const host = hostHealth({ home, env: options.env, store: store.name, blobs: blobs.name });
  const storage = new HomeStorage({ home, env: options.env, features, store });
  const ports: Ports = {
    ...{ repository, blobs, spool, jobs, predictor, features, storage, clock: Date.now, version, host },
  };
  // an embedded store is one process's
  const isAlone = store.kind === "pglite";
  const services = createServices(ports, { isAlone });

  const maker = new BackupMaker({
    ...{ store, blobs, keeper: services.keeper, version, clock: Date.now },
    folder: join(folder, "backups-on-their-way"),
  });
  const backups = auditedBackups(maker, services.audit);
  const work = new ServerWork({ ...options, ports, services, features });
  opened.push(work);
  const upkeep = new Upkeep({ services, repository, home, isAlone, log });
  opened.push(upkeep);
  return {
    ...{ services, jobs, storeName: store.name },
    remoteWorkers: work.remote,
    raw: (limits) => hostRoutes({ ...services, backups }, limits),
    async trouble() {
      try {
        await repository.workers.list();
        return undefined;
      } catch {
        return "The store does not answer.";
      }
    },
    async work() {
      await upkeep.start();
      await work.start();
    },
    isStoreAway: () => store.patience.isWaiting,
    stopWork(graceMs) {
      store.patience.endIn(STORE_PATIENCE_MS);
      return work.close(graceMs);
    },
  };
}
