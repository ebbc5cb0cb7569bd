/** Work on one thing at a time: what is asked for waits for what was asked for before. */
export class OneByOne {
  readonly #last = new Map<string, Promise<unknown>>();

  /** @param key of the thing. @returns what `work` does, and throws what it throws. */
  async run<T>(key: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(key);
    // how the one before ended is its caller's
    const mine = before === undefined ? work() : before.then(work, work);
    this.#last.set(key, mine);
    try {
      return await mine;
    } finally {
      if (this.#last.get(key) === mine) this.#last.delete(key);
    }
  }
}
