import type { Clock, Repository, WorkerRow } from "@graft/api";

/** A row of somebody who was not heard of for so long is of a server that was killed. */
const FORGOTTEN_MS = 5 * 60_000;

type Workers = Pick<Repository["workers"], "put" | "heard" | "list" | "remove">;
type Told = Omit<WorkerRow, "startedAt" | "heardAt" | "job" | "state">;

export interface WorkerRowOptions {
  readonly workers: Workers;
  readonly clock: Clock;
  readonly row: Told;
  /** It does not know yet what its machine has, and says so by `becomes`. @default false */
  readonly isStarting?: boolean;
  readonly onError: (error: unknown) => void;
  /** Between two signs of life. @default 10 s */
  readonly everyMs?: number;
}

/** A worker's row: there while the worker is, heard of from time to time, and what it works on. */
export class LivingWorkerRow implements AsyncDisposable {
  readonly #options: WorkerRowOptions;
  readonly #startedAt: number;
  readonly #timer: NodeJS.Timeout;
  #row: Omit<WorkerRow, "startedAt" | "heardAt" | "job">;
  #job: string | null = null;
  #telling: Promise<void> = Promise.resolve();

  constructor(options: WorkerRowOptions) {
    const { workers, clock, row, isStarting = false, onError } = options;
    this.#options = options;
    this.#startedAt = clock();
    this.#row = { ...row, state: isStarting ? "starting" : "ready" };
    this.#timer = setInterval(() => this.#tell(), options.everyMs ?? 10_000);
    this.#timer.unref();
    this.#telling = forgetGone(workers, clock).catch(onError);
    this.#tell();
  }

  get id(): string {
    return this.#row.id;
  }

  /** It has looked at its machine. */
  becomes(found: Pick<Told, "backends" | "names" | "groups">): void {
    this.#row = { ...this.#row, ...found, state: "ready" };
    this.#tell({ isOther: true });
  }

  /** @param job its id; null: it waits for one. */
  worksOn(job: string | null): void {
    this.#job = job;
    this.#tell();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#telling;
    await this.#options.workers.remove(this.#row.id).catch(this.#options.onError);
  }

  #tell({ isOther = false }: { readonly isOther?: boolean } = {}): void {
    const { workers, clock, onError } = this.#options;
    this.#telling = this.#telling
      .then(async () => {
        const at = clock();
        const job = this.#job;
        if (!isOther && (await workers.heard(this.#row.id, { at, job }))) return;
        await workers.put({ ...this.#row, startedAt: this.#startedAt, heardAt: at, job });
      })
      .catch(onError);
  }
}

/** Removes rows of those who were not heard of for long. */
export async function forgetGone(workers: Pick<Workers, "list" | "remove">, clock: Clock): Promise<void> {
  for (const { id, heardAt } of await workers.list())
    if (clock() - heardAt > FORGOTTEN_MS) await workers.remove(id);
}
