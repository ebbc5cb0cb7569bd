/** Waits for a time or for somebody who wakes; who woke before the wait counts. */
export class Wake {
  #isWoken = false;
  #isClosed = false;
  #end: () => void = () => undefined;

  wake(): void {
    this.#isWoken = true;
    this.#end();
  }

  /** Ends every wait, those to come as well. */
  close(): void {
    this.#isClosed = true;
    this.#end();
  }

  /** @param options.evenIfWoken only `close` ends it early. @default false */
  async after(ms: number, options: { readonly evenIfWoken?: boolean } = {}): Promise<void> {
    const until = performance.now() + ms;
    for (;;) {
      if (this.#isClosed) return;
      if (this.#isWoken && !options.evenIfWoken) break;
      const left = until - performance.now();
      if (left <= 0) break;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#end = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
    this.#isWoken = false;
  }
}
