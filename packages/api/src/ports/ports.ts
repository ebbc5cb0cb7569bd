import type { FeatureStore } from "@graft/core";
import type { BlobStore } from "./blob-store.ts";
import type { Clock } from "./clock.ts";
import type { HostHealth } from "./host-health.ts";
import type { HostStorage } from "./host-storage.ts";
import type { Jobs } from "./jobs.ts";
import type { Predictor } from "./predictor.ts";
import type { Repository } from "./repository.ts";
import type { UploadSpool } from "./upload-spool.ts";

/** What was computed of pictures and is kept for the next training. */
export interface KeptFeatures {
  /** Removes what was computed of these pictures, whoever uses it. @param hashes sha256 of files; those of other files do nothing. */
  forget(hashes: ReadonlySet<string>): Promise<void>;
  /** All that is kept, for who reads it. @throws CoreError where it cannot be opened: `disk-full`, `bad-input`. */
  open(): Promise<FeatureStore>;
}

/** What a host gives to the services. */
export interface Ports {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly spool: UploadSpool;
  readonly jobs: Jobs;
  readonly predictor: Predictor;
  /** @default what is computed of pictures is kept nowhere that the services could reach */
  readonly features?: KeptFeatures | undefined;
  readonly clock: Clock;
  /** What the host knows of itself. @default nothing, as in a page */
  readonly host?: HostHealth;
  /** What the host keeps beside rows and blobs. @default nothing that the services could reach */
  readonly storage?: HostStorage;
  /** graft's. */
  readonly version: string;
}
