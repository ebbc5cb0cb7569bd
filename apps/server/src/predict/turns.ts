/** One piece of work at a time, in the order in which it was asked for. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #waiting = 0;

  /** True while work waits for the one that is under way. */
  get isAwaited(): boolean {
    return this.#waiting > 0;
  }

  /** @returns what the work gives. @throws what it throws; the next turn comes all the same. */
  take<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    const result = this.#last.then(() => {
      this.#waiting--;
      return work();
    });
    this.#last = result.catch(() => undefined);
    return result;
  }
}
