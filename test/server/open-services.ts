import { join } from "node:path";
import { createServices, type Ports, runFolder, type Services } from "@graft/api";
import { createMemoryFeatureStore, type Folder } from "@graft/core";
import { BackupMaker } from "../../apps/server/src/backup/backup-maker.ts";
import { auditedBackups, type BackupSource } from "../../apps/server/src/http/raw/backup-route.ts";
import { folderSpool } from "../../apps/server/src/import/upload-spool.ts";
import { openJobs } from "../../apps/server/src/queue/open-jobs.ts";
import { HomeStorage } from "../../apps/server/src/storage/home-storage.ts";
import { doModelJobs, type ModelWork } from "./do-model-jobs.ts";
import { describeOnPairs, openPair, type TestPair } from "./open-pair.ts";
import { openPredictor } from "./open-predictor.ts";

/** All services on one pair of stores, as a host has them. */
export interface TestServices extends AsyncDisposable {
  /** Of the store of rows. */
  readonly kind: TestPair["store"]["kind"];
  /** graft's home; features are not kept in it. */
  readonly home: string;
  readonly ports: Ports;
  readonly services: Services;
  readonly backups: BackupSource;
  /** Of jobs over models; it is begun. */
  readonly modelWork: ModelWork;
  /** A run's own folder. */
  readonly folderOf: (run: string) => Folder;
}

async function openOn(pair: TestPair): Promise<TestServices> {
  const { store, blobs } = pair;
  const { repository, queue: database, home } = store;
  const troubles: unknown[] = [];
  const jobs = await openJobs({ database, onError: (error) => void troubles.push(error) });
  const spool = folderSpool(join(home, "spool"));
  // its processes start when a model is asked
  const models = await openPredictor();
  const { predictor } = models;
  const features = createMemoryFeatureStore();
  const ports: Ports = {
    ...{ repository, blobs, spool, jobs, predictor, clock: Date.now, version: "0.1.0" },
    storage: new HomeStorage({ home, env: {}, store }),
    features: { forget: async () => undefined, open: async () => features },
  };
  const services = createServices(ports);
  const doing = doModelJobs(ports, services, (error) => void troubles.push(error));
  return {
    ...{ kind: store.kind, home, ports, services, modelWork: doing },
    backups: auditedBackups(
      new BackupMaker({
        ...{ store, blobs, keeper: services.keeper, version: "0.1.0", clock: Date.now },
        folder: join(home, "backups"),
      }),
      services.audit,
    ),
    folderOf: (run) => runFolder({ ...ports, keeper: services.keeper }, run),
    async [Symbol.asyncDispose]() {
      await doing.stop();
      await models[Symbol.asyncDispose]();
      await jobs[Symbol.asyncDispose]();
      // a connection that still closes may tell that its database goes
      const [trouble] = troubles;
      await pair[Symbol.asyncDispose]();
      if (trouble !== undefined) throw trouble;
    },
  };
}

/** On the embedded store and a folder. */
export const openServices = async (): Promise<TestServices> => openOn(await openPair("pglite"));

/** Registers tests of all services on both pairs (`open-pair.ts`). */
export function describeServices(
  name: string,
  tests: (open: () => Promise<TestServices>) => void,
  options: { readonly secondIsLong?: boolean } = {},
): void {
  describeOnPairs(name, (open) => tests(async () => openOn(await open())), options);
}
