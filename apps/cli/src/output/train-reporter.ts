import type { EpochEndEvent, Phase, TrainEvent } from "@graft/core";
import type { CliEnvironment } from "../env.ts";
import { RateMeter } from "./eta.ts";
import { byteSize, duration, percent } from "./text.ts";

/** Shows a training while it runs. */
export interface TrainReporter {
  event(event: TrainEvent): void;
  close(): void;
}

/** `--json`: the events themselves, one object a line on stdout. */
export function jsonReporter(): TrainReporter {
  return {
    event: (event) => void process.stdout.write(`${JSON.stringify(event)}\n`),
    close: () => undefined,
  };
}

const PHASE_TEXT: Readonly<Record<Phase, string>> = {
  scan: "Looking at the images",
  trunk: "Loading the trunk",
  features: "Computing features",
  head: "Training the head",
  "fine-tune": "Fine-tuning",
  evaluate: "Evaluating",
  save: "Saving the model",
};

/** For people, on stderr: one line that is redrawn on a terminal, plain lines anywhere else. */
export function humanReporter(environment: CliEnvironment): TrainReporter {
  const line = new StatusLine(environment);
  let meter = new RateMeter();
  let startedAt = 0;
  return {
    event(event) {
      switch (event.type) {
        case "phase-start":
          meter = new RateMeter();
          startedAt = event.time;
          line.phase(PHASE_TEXT[event.phase]);
          break;
        case "progress": {
          const speed = meter.update(event.time, event.done, event.total);
          const amount =
            event.unit === "bytes"
              ? `${byteSize(event.done)} of ${byteSize(event.total)}`
              : `${event.done}/${event.total} ${event.unit}`;
          const rate = event.rate ?? speed?.rate;
          const pace =
            rate === undefined
              ? ""
              : `  ${event.unit === "bytes" ? `${byteSize(rate)}/s` : `${rate.toFixed(0)} ${event.unit}/s`}`;
          const left = rate ? `  ${duration((event.total - event.done) / rate)} left` : "";
          line.status(
            `${PHASE_TEXT[event.phase]}  ${bar(event.done / event.total)}  ${amount}${pace}${event.done < event.total ? left : ""}`,
          );
          if (event.done === event.total)
            line.print(
              `${PHASE_TEXT[event.phase]}: ${amount} in ${duration((event.time - startedAt) / 1000)}`,
            );
          break;
        }
        case "step-end":
          line.status(
            `Epoch ${event.epoch}  ${bar(event.step / event.steps)}  step ${event.step}/${event.steps}  loss ${event.loss.toFixed(4)}`,
          );
          break;
        case "epoch-end":
          line.print(epochText(event));
          break;
        case "warning":
          line.print(`Note: ${event.message}`);
          break;
        case "run-start":
          line.print(
            `Run ${event.run}: ${event.labels.length} classes, ${event.images.train} images to train on, ${event.images.validation} to validate, on ${event.backend}, ${event.weights} weights`,
          );
          break;
        case "checkpoint":
        case "run-end":
          break;
        default:
          event satisfies never;
      }
    },
    close: () => line.clear(),
  };
}

function epochText(event: EpochEndEvent): string {
  const epoch = `Epoch ${String(event.epoch).padStart(String(event.epochs).length)}/${event.epochs}`;
  const validation =
    event.valLoss === undefined || event.valAccuracy === undefined
      ? ""
      : `   validation: loss ${event.valLoss.toFixed(4)}  accuracy ${percent(event.valAccuracy)}`;
  return `${epoch}  loss ${event.loss.toFixed(4)}  accuracy ${percent(event.accuracy)}${validation}  ${duration(event.seconds)}${event.best ? "  best" : ""}`;
}

/** "██████░░░░" */
function bar(fraction: number, width = 20): string {
  const full = Math.round(Math.max(0, Math.min(1, fraction)) * width);
  return "█".repeat(full) + "░".repeat(width - full);
}

/** A line is not redrawn sooner: thousands of small steps would cost more than the work that they tell of. */
const REDRAW_INTERVAL_MS = 50;
/** How often a log (no terminal) hears that long work goes on. */
const LOG_INTERVAL_MS = 10_000;

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
    const cut = text.slice(0, this.#environment.columns - 1);
    const goesOn = cut.slice(0, 8) === this.#shown.slice(0, 8);
    if (goesOn && performance.now() - this.#drawnAt < REDRAW_INTERVAL_MS) return;
    this.#drawnAt = performance.now();
    process.stderr.write(`\r\u001b[2K${cut}`);
    this.#shown = cut;
  }

  /** A line that stays. */
  print(text: string): void {
    this.clear();
    process.stderr.write(`${text}\n`);
    this.#printedAt = performance.now();
  }

  clear(): void {
    if (this.#shown !== "") process.stderr.write("\r\u001b[2K");
    this.#shown = "";
  }
}
