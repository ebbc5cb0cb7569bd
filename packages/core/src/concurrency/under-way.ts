/** What several ask for at the same time is done once. */
export class UnderWay<T> {
  readonly #known = new Map<string, Promise<T>>();

  /** @throws what the work throws, to all who wait for it; who asks after its end has it done again. */
  share(key: string, work: () => Promise<T>): Promise<T> {
    const known = this.#known.get(key);
    if (known) return known;
    const done = work().finally(() => this.#known.delete(key));
    this.#known.set(key, done);
    return done;
  }
}
