import type { Backend, BackendKind, Refusal } from "@graft/core";

/** Texts by name that a host keeps between two starts. One that forgets costs time, nothing else. */
export interface DeviceMemory {
  get(name: string): Promise<string | undefined>;
  set(name: string, value: string): Promise<void>;
}

/** Who takes part. */
interface Contestant {
  readonly id: string;
  readonly kind: BackendKind;
}

type Times = ReadonlyMap<string, number>;

export interface ContestOptions {
  /** Candidates of this kind are measured against each other. */
  readonly kind: BackendKind;
  /** Milliseconds that a backend takes for a fixed piece of work. */
  readonly timeOf: (backend: Backend) => Promise<number>;
  readonly memory: DeviceMemory;
  /** Changes with all that changes a time: browser, threads, processors. */
  readonly machine: string;
}

/** Finds the fastest of several usable engines, once: the times are remembered, and from then on only one is opened. */
export class Contest {
  readonly kind: BackendKind;
  readonly #options: ContestOptions;

  constructor(options: ContestOptions) {
    this.kind = options.kind;
    this.#options = options;
  }

  /**
   * @param open gives a candidate's backend or why it cannot be used.
   * @returns the fastest, which the caller disposes of, and why the others were not taken; no backend when none is usable.
   */
  async hold<Candidate extends Contestant>(
    candidates: readonly Candidate[],
    open: (candidate: Candidate) => Promise<Backend | string>,
  ): Promise<{ readonly backend: Backend | undefined; readonly refusals: readonly Refusal[] }> {
    const known = await this.#remembered(candidates);
    return known ? takeFastest(candidates, known, open) : this.#measure(candidates, open);
  }

  async #measure<Candidate extends Contestant>(
    candidates: readonly Candidate[],
    open: (candidate: Candidate) => Promise<Backend | string>,
  ): Promise<{ readonly backend: Backend | undefined; readonly refusals: readonly Refusal[] }> {
    const times = new Map<string, number>();
    const refusals: Refusal[] = [];
    let fastest: { readonly backend: Backend; readonly candidate: Candidate } | undefined;
    try {
      for (const candidate of candidates) {
        const backend = await open(candidate);
        if (typeof backend === "string") {
          refusals.push({ id: candidate.id, kind: candidate.kind, reason: backend });
          continue;
        }
        const measured = await this.#options.timeOf(backend).catch(async (error: unknown) => {
          await backend.dispose();
          throw error;
        });
        const time = Number(measured.toPrecision(3)); // as it is told and remembered
        times.set(candidate.id, time);
        const isFaster = !fastest || time < (times.get(fastest.candidate.id) ?? 0);
        const loser = isFaster ? fastest?.backend : backend;
        if (isFaster) fastest = { backend, candidate };
        await loser?.dispose();
      }
    } catch (error) {
      await fastest?.backend.dispose();
      throw error;
    }
    // one that could not be opened now may be there the next time, and has no time
    if (refusals.length === 0) await this.#remember(times);
    const lost = candidates.filter(({ id }) => times.has(id) && id !== fastest?.candidate.id);
    const slower = lost.map((candidate) => tooSlow(candidate, fastest?.candidate.id ?? "", times));
    return { backend: fastest?.backend, refusals: [...refusals, ...slower] };
  }

  get #name(): string {
    return `times of ${this.kind} on ${this.#options.machine}`;
  }

  /** undefined unless there is a time for each. */
  async #remembered(candidates: readonly Contestant[]): Promise<Times | undefined> {
    const text = await this.#options.memory.get(this.#name).catch(() => undefined); // only a memory
    const entries = (text ?? "").split(" ").map((entry) => entry.split("="));
    const times = new Map(entries.map(([id = "", time]) => [id, Number(time)]));
    return candidates.every(({ id }) => (times.get(id) ?? 0) > 0) ? times : undefined;
  }

  async #remember(times: Times): Promise<void> {
    const text = [...times].map(([id, time]) => `${id}=${time}`).join(" ");
    await this.#options.memory.set(this.#name, text).catch(() => undefined); // measured again the next time
  }
}

/** Opens the candidates from the fastest on, and no more than one that works. */
async function takeFastest<Candidate extends Contestant>(
  candidates: readonly Candidate[],
  times: Times,
  open: (candidate: Candidate) => Promise<Backend | string>,
): Promise<{ readonly backend: Backend | undefined; readonly refusals: readonly Refusal[] }> {
  const refusals: Refusal[] = [];
  const sorted = candidates.toSorted((a, b) => (times.get(a.id) ?? 0) - (times.get(b.id) ?? 0));
  for (const [i, candidate] of sorted.entries()) {
    const backend = await open(candidate);
    if (typeof backend !== "string") {
      const slower = sorted.slice(i + 1).map((other) => tooSlow(other, candidate.id, times));
      return { backend, refusals: [...refusals, ...slower] };
    }
    refusals.push({ id: candidate.id, kind: candidate.kind, reason: backend });
  }
  return { backend: undefined, refusals };
}

function tooSlow({ id, kind }: Contestant, fastest: string, times: Times): Refusal {
  const ms = (name: string): string => `${(times.get(name) ?? Number.NaN).toPrecision(3)} ms`;
  return {
    id,
    kind,
    reason: `It is slower here than ${fastest}: ${ms(id)} against ${ms(fastest)} for the same work.`,
  };
}
