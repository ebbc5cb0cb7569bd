import type { Repository, Services } from "@graft/api";
import type { Logger } from "../http/observe/log.ts";
import { tendUploads } from "../import/tend-uploads.ts";

const DAY_MS = 24 * 60 * 60_000;
/** Runs that have no job, and deletions that nobody finished, of a server that was killed beside this one. */
const LOOK_MS = 5 * 60_000;

export interface UpkeepOptions {
  readonly services: Services;
  readonly repository: Repository;
  /** graft's. */
  readonly home: string;
  /** No other process works on this store. */
  readonly isAlone: boolean;
  readonly log: Logger;
}

/** What is looked after at the start and from time to time: what a killed server left, and what nobody needs any more. */
export class Upkeep implements AsyncDisposable {
  readonly #options: UpkeepOptions;
  readonly #timers: NodeJS.Timeout[] = [];
  #under = Promise.resolve();

  constructor(options: UpkeepOptions) {
    this.#options = options;
  }

  /** @throws what the store throws, of what must be in order before work begins. */
  async start(): Promise<void> {
    const { services, isAlone } = this.#options;
    await services.keeper.finishDeletions({ isAlone });
    await services.uploads.recover();
    await services.training.reconcile();
    await services.modelWork.reconcile();
    this.#timers.push(setInterval(() => this.#do(this.#look), LOOK_MS).unref());
    this.#timers.push(setInterval(() => this.#do(this.#sweep), DAY_MS).unref());
    // nobody waits for the room that it makes
    this.#do(this.#sweep);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const timer of this.#timers) clearInterval(timer);
    await this.#under;
  }

  readonly #look = async (): Promise<void> => {
    const { services } = this.#options;
    await services.training.reconcile();
    await services.modelWork.reconcile();
    await services.keeper.finishDeletions();
  };

  readonly #sweep = async (): Promise<void> => {
    const { services, repository, home, log } = this.#options;
    await tendUploads({ uploads: services.uploads, repository, home });
    await services.modelWork.sweep();
    const { blobs, bytes } = await services.keeper.sweep();
    if (blobs > 0) log.info({ blobs, bytes }, "Files that nothing names were removed.");
  };

  /** One after the other. */
  #do(work: () => Promise<void>): void {
    this.#under = this.#under.then(work).catch((error: unknown) => {
      this.#options.log.error({ err: error }, "The upkeep failed; it is tried again.");
    });
  }
}
