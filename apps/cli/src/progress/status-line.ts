import { visibleLines, visibleText } from "@graft/core";
import type { CliEnvironment } from "../environment/env.ts";
import { inFlags } from "../options/flag-text.ts";

/** A line is not redrawn sooner: thousands of small steps would cost more than the work that they tell of. */
const REDRAW_INTERVAL_MS = 50;
/** How often a log (no terminal) hears that long work goes on. */
const LOG_INTERVAL_MS = 10_000;

/** To the line's start, and what is there away. */
const CLEAR = "\r\u001b[2K";

/** One line at the bottom of a terminal; elsewhere whole lines only, one in ten seconds. */
export class StatusLine {
  readonly #environment: CliEnvironment;
  #shown = "";
  #printedAt = performance.now();
  #drawnAt = Number.NEGATIVE_INFINITY;

  constructor(environment: CliEnvironment) {
    this.#environment = environment;
  }

  /** A phase begins: shown at once on a terminal; elsewhere its end is what is printed. */
  phase(text: string): void {
    this.status(`${text} …`);
  }

  /** Replaces the status line. */
  status(text: string): void {
    if (!this.#environment.interactive) {
      if (text !== "" && performance.now() - this.#printedAt > LOG_INTERVAL_MS) this.print(text);
      return;
    }
    const cut = visibleText(text).slice(0, this.#environment.columns - 1);
    const goesOn = cut.slice(0, 8) === this.#shown.slice(0, 8);
    if (goesOn && performance.now() - this.#drawnAt < REDRAW_INTERVAL_MS) return;
    this.#drawnAt = performance.now();
    process.stderr.write(`${CLEAR}${cut}`);
    this.#shown = cut;
  }

  /** A line that stays; options in it are named by their flags. */
  print(text: string): void {
    // whatever this line shows: a terminal echoes ^C, and another status line may stand there
    if (this.#environment.interactive) process.stderr.write(CLEAR);
    this.#shown = "";
    process.stderr.write(`${visibleLines(inFlags(text))}\n`);
    this.#printedAt = performance.now();
  }

  clear(): void {
    if (this.#shown !== "") process.stderr.write(CLEAR);
    this.#shown = "";
  }
}
