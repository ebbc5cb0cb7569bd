/** Rate over the last seconds and the time that is left, for one phase. */
export class RateMeter {
  readonly #windowMs: number;
  #samples: { time: number; done: number }[] = [];

  constructor(windowMs = 5000) {
    this.#windowMs = windowMs;
  }

  /** @returns units a second over the window and seconds left; undefined until two samples are apart. */
  update(time: number, done: number, total: number): { rate: number; secondsLeft: number } | undefined {
    this.#samples.push({ time, done });
    while (this.#samples.length > 2 && time - (this.#samples[0]?.time ?? time) > this.#windowMs)
      this.#samples.shift();
    const first = this.#samples[0];
    if (!first || time <= first.time || done <= first.done) return undefined;
    const rate = (1000 * (done - first.done)) / (time - first.time);
    return { rate, secondsLeft: (total - done) / rate };
  }
}
