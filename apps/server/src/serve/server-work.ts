import { join } from "node:path";
import { type Job, type JobHandler, type JobKind, newId, type Ports, type Services } from "@graft/api";
import { usableThreads } from "@graft/backend-select";
import { serializeError } from "@graft/core";
import { importHandler } from "../import/import-handler.ts";
import type { HomeFeatures } from "../runs/home-features.ts";
import { ServerPlatform } from "../runs/platform.ts";
import { cachePlace } from "../workers/feature-groups.ts";
import { HomeWorkerRows } from "../workers/home-worker-rows.ts";
import { JobClaimer } from "../workers/job-claimer.ts";
import { LocalWorkers } from "../workers/local-workers.ts";
import { ownProofs } from "../workers/own-proofs.ts";
import { RemoteWorkers } from "../workers/remote/remote-workers.ts";
import type { TrainersOptions } from "../workers/trainers.ts";
import { jobLog } from "./job-log.ts";
import type { PartsOptions } from "./parts.ts";

/** How long jobs have where nobody says. */
const GRACE_MS = 10_000;

export interface WorkOptions
  extends Pick<PartsOptions, "home" | "version" | "env" | "workers" | "checkpointMs" | "log" | "onJobEnd"> {
  readonly ports: Ports;
  readonly services: Services;
  /** The home's. */
  readonly features: HomeFeatures;
}

/**
 * Those who do this server's jobs: children and other machines that train, one who takes in uploads, and two that have the
 * predictor's processes work over models.
 */
export class ServerWork implements AsyncDisposable {
  /** Workers of other machines. */
  readonly remote: RemoteWorkers;
  readonly #options: WorkOptions;
  readonly #ending = new AbortController();
  readonly #training: TrainersOptions;
  readonly #rows: HomeWorkerRows;
  #trainers: LocalWorkers | undefined;
  #ownClaimers: readonly JobClaimer[] = [];
  #closed: Promise<void> | undefined;

  constructor(options: WorkOptions) {
    const { home, env, version, features, ports, services, log } = options;
    const { repository, jobs, clock } = ports;
    const { signal } = this.#ending;
    this.#options = options;
    const platform = new ServerPlatform({ home, env, version, features, signal });
    const workspace = services.training.workspace(platform, signal);
    const { handle } = services.training.handler(workspace);
    this.#rows = new HomeWorkerRows(repository.workers, {
      file: join(home, "server", "workers.json"),
      onError: (error) => log.error({ err: error }, "The workers' ids cannot be kept."),
    });
    this.#training = {
      ...{ version, jobs, workspace, clock, workers: this.#rows, cache: cachePlace(home) },
      train: (job, context) => this.#timed(job, () => handle(job, context)),
      log: jobLog(log),
    };
    this.remote = new RemoteWorkers({ ...this.#training, ownProofs: ownProofs({ home, version, signal }) });
  }

  /** Begins to claim jobs. */
  async start(): Promise<void> {
    const { home, env, workers, checkpointMs, ports, services, log } = this.#options;
    await this.#rows.forgetKilled().catch((error: unknown) => jobLog(log).error(error));
    // it ended meanwhile
    if (this.#closed) return;
    const { repository, blobs, jobs, clock } = ports;
    const { keeper } = services;
    this.#trainers = new LocalWorkers({
      ...{ ...this.#training, count: workers, home, env, sharesHome: true },
      ...("fileOf" in blobs ? { blobs: blobs.name } : {}),
      ...(checkpointMs === undefined ? {} : { checkpointMs }),
    });
    const take: JobHandler = importHandler({
      ...{ repository, blobs, keeper, clock, home, threads: usableThreads() },
    });
    const doing = (kinds: readonly JobKind[], handle: JobHandler): JobClaimer =>
      new JobClaimer({
        ...{ jobs, worker: newId(), kinds, backends: [], onError: jobLog(log).error },
        handle: (job, context) => this.#timed(job, () => handle(job, context)),
      });
    const ofModels = services.modelWork.handle;
    this.#ownClaimers = [
      doing(["import"], take),
      // one process does both, one after the other
      doing(["evaluate", "export"], ofModels),
      // the process that predicts has them in between
      doing(["explain"], ofModels),
    ];
  }

  /** Stops jobs where they can be gone on from, and puts them back into the line. @param graceMs for that */
  close(graceMs: number): Promise<void> {
    this.#closed ??= this.#close(graceMs);
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(GRACE_MS);
  }

  async #close(graceMs: number): Promise<void> {
    await Promise.all([
      this.#trainers?.close(graceMs),
      this.remote.close(graceMs),
      ...this.#ownClaimers.map((claimer) => claimer.close()),
    ]);
    this.#ending.abort();
  }

  /** Tells how long a job took, and how it ended. */
  async #timed(job: Job, work: () => Promise<void>): Promise<void> {
    const begun = performance.now();
    const told = (end: string): void =>
      this.#options.onJobEnd(job.kind, end, (performance.now() - begun) / 1000);
    try {
      await work();
      told("done");
    } catch (error) {
      told(serializeError(error).code);
      throw error;
    } finally {
      // its child may have given up features that this process has open
      await this.#options.features.look().catch((error: unknown) => jobLog(this.#options.log).error(error));
    }
  }
}
