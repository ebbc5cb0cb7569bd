import type { BlobStore } from "./ports/blob-store.ts";
import type { Clock } from "./ports/clock.ts";
import type { Jobs } from "./ports/jobs.ts";
import type { Repository } from "./ports/repository.ts";
import { SystemService } from "./system/system-service.ts";

/** What a host gives. */
export interface Ports {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly jobs: Jobs;
  readonly clock: Clock;
  readonly version: string;
}

/** What procedures and a host's own routes call. */
export interface Services {
  readonly system: SystemService;
}

export function createServices(ports: Ports): Services {
  return { system: new SystemService(ports) };
}
