import { ChildGone, ChildLink } from "./child-link.ts";
import type { ChildSettings } from "./child-main.ts";
import { type ChildProgram, startChild } from "./start-child.ts";

export interface KeptChildOptions {
  readonly program: ChildProgram;
  readonly settings: ChildSettings;
  /** Hears what the process prints. */
  readonly onOutput: (text: string) => void;
  /** Hears that a process ended unasked. */
  readonly onGone: (why: string) => void;
  /** See {@link ChildLink}. */
  readonly stuckMs: number;
  /** One that is asked nothing for so long ends. @default it stays */
  readonly idleMs?: number;
}

/** Before a start, by how many ended early before it: one that cannot live is not started in a circle. */
const PAUSES_MS = [0, 0, 500, 2_000, 8_000, 30_000] as const;
/** One that lived so long did not end early. */
const LIVED_MS = 60_000;

const wait = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** One process of a program, started when it is first needed and again when it has ended. */
export class KeptChild {
  readonly #options: KeptChildOptions;
  #starting: Promise<ChildLink> | undefined;
  #earlyEnds = 0;
  #idle: NodeJS.Timeout | undefined;
  #users = 0;
  #isClosed = false;

  constructor(options: KeptChildOptions) {
    this.#options = options;
  }

  /** Of the process that runs now. */
  async pid(): Promise<number | undefined> {
    return (await this.#starting)?.pid;
  }

  /**
   * Does something with the process.
   * @throws as `work`, and why no process can be had.
   */
  async use<T>(work: (link: ChildLink) => Promise<T>): Promise<T> {
    clearTimeout(this.#idle);
    this.#users++;
    try {
      const value = await work(await this.#link());
      this.#earlyEnds = 0;
      return value;
    } finally {
      this.#users--;
      this.#rest();
    }
  }

  /** Ends the process; what it has is lost. */
  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#idle);
    const link = await this.#starting?.catch(() => undefined);
    await link?.end();
  }

  #rest(): void {
    const { idleMs } = this.#options;
    if (idleMs === undefined || this.#users > 0 || this.#isClosed) return;
    this.#idle = setTimeout(() => {
      const link = this.#starting;
      this.#starting = undefined;
      void link?.then((old) => old.end()).catch(() => undefined);
    }, idleMs);
    this.#idle.unref();
  }

  #link(): Promise<ChildLink> {
    if (this.#isClosed) return Promise.reject(new ChildGone("the server ends"));
    this.#starting ??= this.#start();
    return this.#starting;
  }

  async #start(): Promise<ChildLink> {
    const { program, settings, onOutput, onGone, stuckMs } = this.#options;
    await wait(PAUSES_MS[Math.min(this.#earlyEnds, PAUSES_MS.length - 1)] ?? 0);
    const startedAt = performance.now();
    const link = new ChildLink(startChild(program, settings, onOutput), { stuckMs });
    const starting = this.#starting;
    void link.gone.then((why) => {
      this.#earlyEnds = performance.now() - startedAt < LIVED_MS ? this.#earlyEnds + 1 : 0;
      // asked to end it was replaced, or will not be
      if (this.#starting !== starting || this.#isClosed) return;
      this.#starting = undefined;
      onGone(why);
    });
    await link.ready;
    return link;
  }
}
