import { availableParallelism, cpus } from "node:os";
import { crc32 } from "node:zlib";
import { checkInt8, selectBackend } from "@graft/backend-select";
import {
  type ImagePool,
  type Port,
  ProtocolWorker,
  remoteWorkspace,
  type SelectedBackend,
} from "@graft/core";
import { createImagePool, emojiSample } from "@graft/core/node";
import { readBlobFile } from "../blobs/blob-file.ts";
import { HomeFeatures } from "../runs/home-features.ts";
import { ServerPlatform } from "../runs/platform.ts";

export interface TrainingWorkerOptions {
  /** Where engines that were installed are, and which devices passed their self-check. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Of graft. */
  readonly version: string;
  /** That decode, and that an engine on the processor computes with. @default as on the command line: all there are */
  readonly threads?: number | undefined;
  /** Folder of the host's blobs, on this machine. @default pictures are asked for */
  readonly blobs?: string | undefined;
  /** The host's home is this one: its weights and its cache of features are used. @default they are asked for */
  readonly sharesHome?: boolean | undefined;
  /** Told what the home's owner should know of the cache. */
  readonly onNotice?: ((notice: string) => void) | undefined;
  /** See `Workspace`. */
  readonly checkpointMs?: number | undefined;
}

/** A server stores each event durably, and sends it to all who follow: a bar that moves four times a second is live. */
const EVENT_INTERVAL_MS = 250;

/** Engines by the name that was asked for, opened once and kept from job to job. */
class Engines implements AsyncDisposable {
  readonly #options: Pick<TrainingWorkerOptions, "home" | "env" | "threads">;
  readonly #selected = new Map<string | undefined, Promise<SelectedBackend>>();

  constructor(options: Pick<TrainingWorkerOptions, "home" | "env" | "threads">) {
    this.#options = options;
  }

  select(backend: string | undefined): Promise<SelectedBackend> {
    const known = this.#selected.get(backend);
    if (known) return known;
    const selected = selectBackend({ backend, ...this.#options });
    this.#selected.set(backend, selected);
    // another try may find what was missing
    selected.catch(() => this.#selected.delete(backend));
    return selected;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const selecting of this.#selected.values()) {
      const selected = await selecting.catch(() => undefined);
      await selected?.backend.dispose();
    }
  }
}

/** A worker's own things, for one host after the other: an engine, threads that decode. */
export class TrainingWorker implements AsyncDisposable {
  readonly #options: TrainingWorkerOptions;
  readonly #engines: Engines;
  readonly #pool: ImagePool;
  readonly #told = new Set<string>();
  #worker: ProtocolWorker | undefined;

  constructor(options: TrainingWorkerOptions) {
    const { threads } = options;
    this.#options = options;
    this.#engines = new Engines(options);
    this.#pool = createImagePool(threads === undefined ? {} : { threads });
  }

  /** A job is under way. */
  get isWorking(): boolean {
    return this.#worker?.isWorking === true;
  }

  /**
   * Trains what the host gives, and asks it for all else. @param port to the host.
   * @returns when the host has ended it, or is gone.
   */
  work(port: Port): Promise<void> {
    const { home, env, threads, version, blobs, checkpointMs } = this.#options;
    const { sharesHome = false } = this.#options;
    const onNotice = (notice: string): void => this.#tell(notice);
    const pool = this.#pool;
    const worker = new ProtocolWorker({
      port,
      open: async ({ call, signal, work }) => {
        // closed with the job: packs that are given up or emptied meanwhile are let go of
        const features = new HomeFeatures(home, onNotice);
        return {
          workspace: remoteWorkspace({
            ...{ call, signal, pool, crc32, checkInt8, versions: { graft: version } },
            ...(blobs === undefined ? {} : { readHere: (hash: string) => readBlobFile(blobs, hash) }),
            ...(sharesHome ? { here: new ServerPlatform({ home, env, version, features, signal }) } : {}),
            ...(checkpointMs === undefined ? {} : { checkpointMs }),
            ...{ eventIntervalMs: EVENT_INTERVAL_MS, onEvent: () => undefined },
            selectBackend: (backend) => this.#engines.select(backend),
            machine: async () => ({
              runtime: `Node ${process.version}`,
              platform: `${process.platform} ${process.arch}`,
              processor: cpus()[0]?.model.trim() ?? "unknown processor",
              threads: threads ?? availableParallelism(),
            }),
            shortName: (location) => (work.kind === "train" ? work.datasetName : location),
            foreign: emojiSample(pool),
          }),
          // a run that has ended well has
          [Symbol.asyncDispose]: () =>
            features[Symbol.asyncDispose]().catch((error: unknown) =>
              onNotice(`The cache: ${String(error)}`),
            ),
        };
      },
    });
    this.#worker = worker;
    return worker.done;
  }

  /** Once each, however many jobs say it. */
  #tell(notice: string): void {
    if (this.#told.has(notice)) return;
    this.#told.add(notice);
    this.#options.onNotice?.(notice);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#pool.close();
    await this.#engines[Symbol.asyncDispose]();
  }
}
