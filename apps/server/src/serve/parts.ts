/** What a server is made of beside its port. */
import type { Jobs, Services } from "@graft/api";
import type { HttpLimits } from "../http/access/limits.ts";
import type { Logger } from "../http/observe/log.ts";
import type { RawRoute } from "../http/raw/raw-route.ts";
import type { WorkerTaker } from "../http/worker-door.ts";
import type { ServerOptions } from "./server-options.ts";

export interface PartsOptions
  extends Pick<ServerOptions, "home" | "version" | "blobs" | "databaseUrl" | "env" | "checkpointMs"> {
  /** Children that train. */
  readonly workers: number;
  readonly log: Logger;
  /** A job has ended. @param end "done", or the code of what kept it from being done */
  readonly onJobEnd: (kind: string, end: string, seconds: number) => void;
  /** Images were worked on. @param what "through-trunk", "predicted" … */
  readonly onImages: (what: string, count: number) => void;
}

/** The store, the queue, services and workers, begun in this order and ended in the other. */
export interface Parts {
  readonly services: Services;
  /** For people: where rows are kept. */
  readonly storeName: string;
  readonly jobs: Jobs;
  readonly raw: (limits: HttpLimits) => readonly RawRoute[];
  /** Those of other machines, which come by the port. */
  readonly remoteWorkers: WorkerTaker;
  /** Looks whether the store answers. @returns why not */
  readonly trouble: () => Promise<string | undefined>;
  /** Begins to do jobs. */
  readonly work: () => Promise<void>;
  /**
   * Jobs under way are stopped where they can be gone on from, and go back into the line.
   * @param graceMs for that.
   */
  readonly stopWork: (graceMs: number) => Promise<void>;
  /** Something waits for a database that is away. */
  readonly isStoreAway: () => boolean;
  /** Closes the store, and all that stands on it. */
  readonly close: () => Promise<void>;
}
