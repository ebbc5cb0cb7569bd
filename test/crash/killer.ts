import { setTimeout as pause } from "node:timers/promises";
import type { TestRandom } from "@graft/core/testing";
import * as z from "zod";
import { type PlannedKill, planOfRound, type Target } from "./kill-plan.ts";
import type { Lives } from "./lives.ts";
import type { ServerChild } from "./process-table.ts";
import type { RunWatcher } from "./run-watcher.ts";
import { type Phase, phaseOf, type Stage } from "./stage.ts";

/** One that was done. */
export interface Kill {
  readonly phase: Phase;
  readonly target: Target;
  /** Until what was killed was there again. */
  readonly recoveredMs: number;
}

const LOOK_MS = 10;
/** A child is there again by then, or nobody needs it. */
const MOST_WAIT_MS = 60_000;
/** A phase that does not come by then is over. */
const PHASE_WAIT_MS = 10_000;
/** Of the server's kills so many are followed by another one while it starts. */
const SHARE_AGAIN = 0.25;
/** A server is up after about so long. */
const START_MS = 1500;

const workersSchema = z.array(
  z.looseObject({ kind: z.enum(["local", "remote"]), subject: z.string().nullable() }),
);

type IsOver = () => boolean;

/** A stage on which processes are killed at random moments, and started again. */
export class Killer implements Stage {
  readonly done: Kill[] = [];
  readonly #lives: Lives;
  readonly #random: TestRandom;
  readonly #most: number;
  readonly #windows: ReadonlyMap<Phase, number>;
  readonly #onKill: (kill: Kill) => void;
  #planned: PlannedKill[] = [];
  #lastTrainer: "local" | "remote" | undefined;

  /** @param options.most kills in all. @param options.windows how long phases take undisturbed, in ms. */
  constructor(
    lives: Lives,
    options: {
      readonly random: TestRandom;
      readonly most: number;
      readonly windows: ReadonlyMap<Phase, number>;
      readonly onKill: (kill: Kill) => void;
    },
  ) {
    this.#lives = lives;
    this.#random = options.random;
    this.#most = options.most;
    this.#windows = options.windows;
    this.#onKill = options.onKill;
  }

  get isDone(): boolean {
    return this.done.length >= this.#most;
  }

  /** Before each round. */
  plan(): void {
    this.#planned = [...planOfRound(this.#random)];
  }

  during<T>(phase: "upload" | "import" | "export", work: () => Promise<T>): Promise<T> {
    // a round uploads and imports twice, and exports once
    const planned = this.#take((kill) => kill.phase === phase, phase === "export" ? 2 : 1);
    return this.#beside(work, async (isOver) => {
      for (const { target } of planned) {
        await this.#sleep(this.#moment(phase), isOver);
        if (isOver()) return;
        if (target === "server") await this.#killServer(phase);
        else if (target !== "trainer") await this.#killChild(phase, target, isOver);
      }
    });
  }

  training<T>(runs: readonly RunWatcher[], work: () => Promise<T>): Promise<T> {
    const planned = this.#take(({ phase }) => phase === "extraction" || phase === "training", 4);
    return this.#beside(work, async (isOver) => {
      for (const { phase, target } of planned) {
        await this.#until(() => runs.some((run) => phaseOf(run) === phase), PHASE_WAIT_MS, isOver);
        await this.#sleep(this.#moment(phase), isOver);
        const [first] = runs.filter((run) => phaseOf(run) === phase);
        const now = (first ? phase : runs.map(phaseOf).find((one) => one !== undefined)) ?? phase;
        if (isOver()) return;
        if (target === "server") await this.#killServer(now);
        else await this.#killTrainer(runs, now, isOver);
      }
    });
  }

  #note(kill: Kill): void {
    this.done.push(kill);
    this.#onKill(kill);
  }

  #take(belongs: (kill: PlannedKill) => boolean, most: number): readonly PlannedKill[] {
    const taken = this.#planned.filter(belongs).slice(0, most);
    this.#planned = this.#planned.filter((kill) => !taken.includes(kill));
    return taken;
  }

  /** Somewhere in what a phase takes undisturbed. */
  #moment(phase: Phase): number {
    return this.#random.next() * (this.#windows.get(phase) ?? 1000);
  }

  async #beside<T>(work: () => Promise<T>, strike: (isOver: IsOver) => Promise<void>): Promise<T> {
    let isOver = false;
    const striking = strike(() => isOver || this.isDone);
    // told when the work is over, which may end sooner
    striking.catch(() => undefined);
    try {
      return await work();
    } finally {
      isOver = true;
      await striking;
    }
  }

  async #until(isReached: () => boolean, mostMs: number, isOver: IsOver): Promise<void> {
    for (const end = performance.now() + mostMs; performance.now() < end; await pause(LOOK_MS))
      if (isReached() || isOver()) return;
  }

  #sleep(ms: number, isOver: IsOver): Promise<void> {
    return this.#until(() => false, ms, isOver);
  }

  async #killServer(phase: Phase): Promise<void> {
    const { server } = this.#lives;
    const begun = performance.now();
    await server.kill();
    const isAgain = this.#random.next() < SHARE_AGAIN && this.done.length + 1 < this.#most;
    const starting = this.#lives.startServer();
    if (isAgain) {
      starting.catch(() => undefined);
      await pause(this.#random.next() * START_MS);
      await server.kill();
      this.#note({ phase: "start", target: "server", recoveredMs: 0 });
      await this.#lives.startServer();
    } else await starting;
    this.#note({ phase, target: "server", recoveredMs: performance.now() - begun });
  }

  async #killChild(phase: Phase, target: ServerChild, isOver: IsOver): Promise<void> {
    await this.#until(() => this.#lives.child(target) !== undefined, MOST_WAIT_MS, isOver);
    const pid = this.#lives.child(target);
    if (pid === undefined || isOver()) return;
    const begun = performance.now();
    process.kill(pid, "SIGKILL");
    const isBack = (): boolean => ![undefined, pid].includes(this.#lives.child(target));
    await this.#until(isBack, MOST_WAIT_MS, isOver);
    this.#note({ phase, target, recoveredMs: performance.now() - begun });
  }

  /** The one that has a run in this phase; the other than the last time, where there are two. */
  async #killTrainer(runs: readonly RunWatcher[], phase: Phase, isOver: IsOver): Promise<void> {
    const there = await this.#lives.client.call(workersSchema, "GET", "/workers");
    const ids = new Set(runs.filter((run) => phaseOf(run) === phase).map(({ run }) => run));
    const busy = there.filter(({ subject }) => subject !== null && ids.has(subject));
    const { kind = "local" } = busy.find((one) => one.kind !== this.#lastTrainer) ?? busy[0] ?? {};
    if (isOver()) return;
    this.#lastTrainer = kind;
    if (kind === "local") return this.#killChild(phase, "training child", isOver);
    const begun = performance.now();
    await this.#lives.worker.kill();
    await this.#lives.startWorker();
    this.#note({ phase, target: "remote worker", recoveredMs: performance.now() - begun });
  }
}
