/** Rate over the last seconds and the time that is left, for one phase. */
export class RateMeter {
  readonly #windowMs: number;
  #samples: { time: number; done: number }[] = [];

  constructor(windowMs = 5000) {
    this.#windowMs = windowMs;
  }

  /** Work that is counted from its start again is measured anew. @returns units a second over the window and seconds left; undefined until two samples are apart. */
  update(time: number, done: number, total: number): { rate: number; secondsLeft: number } | undefined {
    if (done < (this.#samples.at(-1)?.done ?? 0)) this.#samples = [];
    this.#samples.push({ time, done });
    while (this.#samples.length > 2 && time - (this.#samples[0]?.time ?? time) > this.#windowMs)
      this.#samples.shift();
    const first = this.#samples[0];
    if (!first || time <= first.time || done <= first.done) return undefined;
    const rate = (1000 * (done - first.done)) / (time - first.time);
    return { rate, secondsLeft: (total - done) / rate };
  }
}

/** Seconds as "0:07", "12:30", "1:02:03": what is left, rounded up, so that 0:00 is the end. */
export function countdown(seconds: number): string {
  const whole = Math.ceil(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}
