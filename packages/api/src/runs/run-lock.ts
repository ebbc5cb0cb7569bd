import { CoreError, type SerializedError, throwIfCancelled } from "@graft/core";
import { type Clock, newId } from "../ports/clock.ts";
import type { LeaseRepository } from "../ports/repository.ts";
import { pause } from "./patient.ts";

/** A holder that says nothing for so long holds nothing any more. */
export const LOCK_MS = 20_000;
const RENEW_MS = 5_000;
const ASK_MS = 500;

const nameOf = (run: string): string => `run/${run}`;

/** Held until it is disposed of, or its process ends. */
export interface LeasedLock extends AsyncDisposable {
  /** @throws CoreError `conflict` when somebody else has it by now. */
  check(): void;
}

function takenError(run: string): CoreError {
  return new CoreError(
    "conflict",
    {
      what: "Somebody works on this run already.",
      received: run,
      fix: "Wait until it ends, or stop it: a stopped run can be resumed.",
    },
    { facts: { lock: run } },
  );
}

/** True for what is said where somebody else has the lock. */
export const isTaken = (error: Pick<SerializedError, "code" | "facts"> | undefined, run: string): boolean =>
  error?.code === "conflict" && error.facts.lock === run;

/** One live worker for each run, over all servers of one store. */
export class RunLocks {
  readonly #leases: LeaseRepository;
  readonly #clock: Clock;
  readonly #isAlone: boolean;
  /** Holders of this process. */
  readonly #holders = new Set<string>();

  /** @param options.isAlone no other process works on this store: whoever else holds a run is gone. */
  constructor(options: {
    readonly leases: LeaseRepository;
    readonly clock: Clock;
    readonly isAlone: boolean;
  }) {
    this.#leases = options.leases;
    this.#clock = options.clock;
    this.#isAlone = options.isAlone;
  }

  async isHeld(run: string): Promise<boolean> {
    const holder = await this.#leases.holder(nameOf(run), this.#clock());
    if (holder === undefined) return false;
    if (!this.#isAlone || this.#holders.has(holder)) return true;
    await this.#leases.release(nameOf(run), holder);
    return false;
  }

  /**
   * Waits until nobody has the lock: what held it may have been killed a moment ago.
   * @returns false when somebody who lives has it.
   * @throws CoreError `cancelled`.
   */
  async whenFree(run: string, signal: AbortSignal): Promise<boolean> {
    for (const until = performance.now() + LOCK_MS + RENEW_MS; performance.now() < until; ) {
      if (!(await this.isHeld(run))) return true;
      await pause(ASK_MS, signal);
      throwIfCancelled(signal);
    }
    return false;
  }

  /** @throws CoreError `conflict` where somebody has it. */
  async lock(run: string): Promise<LeasedLock> {
    const holder = newId();
    const leases = this.#leases;
    /** @returns whether it is still this one's. */
    const renew = async (): Promise<boolean> => {
      const now = this.#clock();
      return (await leases.acquire(nameOf(run), { holder, now, until: now + LOCK_MS })) === holder;
    };
    if ((await this.isHeld(run)) || !(await renew())) throw takenError(run);
    this.#holders.add(holder);
    let isLost = false;
    const timer = setInterval(() => {
      // a store that does not answer says nothing of who has it
      renew().then(
        (isMine) => {
          isLost ||= !isMine;
        },
        () => undefined,
      );
    }, RENEW_MS);
    return {
      check() {
        if (isLost) throw takenError(run);
      },
      [Symbol.asyncDispose]: async () => {
        clearInterval(timer);
        this.#holders.delete(holder);
        await leases.release(nameOf(run), holder);
      },
    };
  }
}
