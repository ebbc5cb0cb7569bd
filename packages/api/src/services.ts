import { BlobKeeper } from "./blobs/blob-keeper.ts";
import { runFolder } from "./blobs/run-folder.ts";
import { type DataServices, dataServices } from "./datasets/data-services.ts";
import { type IdentityServices, identityServices } from "./identity/identity-services.ts";
import { type ModelJobServices, modelJobLine, modelJobServices } from "./model-jobs/model-job-services.ts";
import { type ModelServices, modelServices } from "./models/model-services.ts";
import { ServedRuns } from "./models/served-runs.ts";
import type { Ports } from "./ports/ports.ts";
import { QueueService } from "./queue/queue-service.ts";
import { type RunServices, runServices } from "./runs/run-services.ts";
import { Doctor } from "./system/doctor.ts";
import { StorageService } from "./system/storage-service.ts";
import { SystemService } from "./system/system-service.ts";

/** What procedures and a host's own routes call. */
export interface Services
  extends IdentityServices,
    DataServices,
    RunServices,
    ModelServices,
    ModelJobServices {
  readonly system: SystemService;
  readonly storage: StorageService;
  readonly queue: QueueService;
  readonly doctor: Doctor;
  readonly keeper: BlobKeeper;
}

export interface ServiceOptions {
  /** No other process works on this store: whoever holds a run from before is gone. @default false */
  readonly isAlone?: boolean;
}

export function createServices(ports: Ports, { isAlone = false }: ServiceOptions = {}): Services {
  const keeper = new BlobKeeper(ports);
  const identity = identityServices(ports, (caller, dataset) =>
    data.datasets.delete(caller, dataset, { stopRuns: true }),
  );
  const line = modelJobLine(ports, keeper);
  const data = dataServices(ports, { ...identity, keeper, modelJobs: line.removal });
  const runs = runServices(ports, {
    ...{ ...identity, keeper, datasets: data.datasets, modelJobs: line.removal, isAlone },
    folderOf: (run) => runFolder({ ...ports, keeper }, run),
  });
  const queue = new QueueService(ports);
  const served = new ServedRuns(ports);
  const models = modelServices(ports, { ...identity, keeper, served });
  return {
    ...identity,
    ...data,
    ...runs,
    ...models,
    ...modelJobServices(ports, { ...identity, ...data, ...models, keeper, served, line }),
    keeper,
    queue,
    doctor: new Doctor(ports, { keeper, queue }),
    storage: new StorageService({ ports, keeper, audit: identity.audit, digests: runs.digests }),
    system: new SystemService(ports),
  };
}
