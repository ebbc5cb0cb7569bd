import { symbols } from "pino";

/** The level of pino from which on a line does not wait: "warn". */
const URGENT = 40;
const WAIT_MS = 50;
/** Of characters: so many are written at once. */
const MOST_WAITING = 64 * 1024;

/**
 * Where pino writes its lines. A request's line costs more than the rest of what is noted of it where each is written by itself: so
 * lines wait for each other for 50 ms at most, and a warning or worse takes those before it along at once.
 */
export class LineGatherer {
  /** Has pino say each line's level in `lastLevel` before it writes it. */
  readonly [symbols.needsMetadataGsym] = true;
  lastLevel = 0;
  readonly #put: (lines: string) => void;
  #waiting = "";
  #timer: NodeJS.Timeout | undefined;

  /** @param put writes at once. */
  constructor(put: (lines: string) => void) {
    this.#put = put;
  }

  write(line: string): void {
    this.#waiting += line;
    if (this.lastLevel >= URGENT || this.#waiting.length >= MOST_WAITING) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), WAIT_MS).unref();
  }

  /** Writes what waits. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const lines = this.#waiting;
    this.#waiting = "";
    if (lines !== "") this.#put(lines);
  }
}
