import type { RunWatcher } from "./run-watcher.ts";
import { type Phase, phaseOf, type Stage } from "./stage.ts";

/** A stage on which nothing happens: it notes how long each phase takes where nothing disturbs it. */
export class QuietStage implements Stage {
  /** Milliseconds; of the shortest where there were several. */
  readonly shortest = new Map<Phase, number>();

  async during<T>(phase: Phase, work: () => Promise<T>): Promise<T> {
    const begun = performance.now();
    const result = await work();
    this.#note(phase, performance.now() - begun);
    return result;
  }

  async training<T>(runs: readonly RunWatcher[], work: () => Promise<T>): Promise<T> {
    const spent = { extraction: 0, training: 0 };
    let last = performance.now();
    const timer = setInterval(() => {
      const now = performance.now();
      for (const phase of new Set(runs.map(phaseOf))) if (phase !== undefined) spent[phase] += now - last;
      last = now;
    }, 10);
    const result = await work().finally(() => clearInterval(timer));
    this.#note("extraction", spent.extraction / runs.length);
    this.#note("training", spent.training / runs.length);
    return result;
  }

  #note(phase: Phase, ms: number): void {
    this.shortest.set(phase, Math.min(ms, this.shortest.get(phase) ?? ms));
  }
}
