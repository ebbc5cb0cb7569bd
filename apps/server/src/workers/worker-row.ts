import type { Clock, Repository, WorkerRow } from "@graft/api";

/** A row of somebody who was not heard of for so long is of a server that was killed. */
const FORGOTTEN_MS = 5 * 60_000;

export interface WorkerRowOptions {
  readonly workers: Repository["workers"];
  readonly clock: Clock;
  readonly row: Omit<WorkerRow, "startedAt" | "heardAt" | "job">;
  readonly onError: (error: unknown) => void;
  /** Between two signs of life. @default 10 s */
  readonly everyMs?: number;
}

/** A worker's row: there while the worker is, heard of from time to time, and what it works on. */
export class LivingWorkerRow implements AsyncDisposable {
  readonly #options: WorkerRowOptions;
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout;
  #job: string | null = null;
  #telling: Promise<void> = Promise.resolve();

  constructor(options: WorkerRowOptions) {
    this.#options = options;
    this.#startedAt = options.clock();
    this.#timer = setInterval(() => this.#tell(), options.everyMs ?? 10_000);
    this.#timer.unref();
    this.#telling = this.#forgetOthers().catch(options.onError);
    this.#tell();
  }

  /** @param job its id; null: it waits for one. */
  worksOn(job: string | null): void {
    this.#job = job;
    this.#tell();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#telling;
    await this.#options.workers.remove(this.#options.row.id).catch(this.#options.onError);
  }

  #tell(): void {
    const { workers, clock, row, onError } = this.#options;
    this.#telling = this.#telling
      .then(async () => {
        const at = clock();
        const job = this.#job;
        if (await workers.heard(row.id, { at, job })) return;
        await workers.put({ ...row, startedAt: this.#startedAt, heardAt: at, job });
      })
      .catch(onError);
  }

  async #forgetOthers(): Promise<void> {
    const { workers, clock } = this.#options;
    for (const { id, heardAt } of await workers.list())
      if (clock() - heardAt > FORGOTTEN_MS) await workers.remove(id);
  }
}
