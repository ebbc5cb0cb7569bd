import type { EpochEndEvent, Phase, ProgressEvent, TrainEvent } from "@graft/core";
import type { CliEnvironment } from "../env.ts";
import { bar } from "./bar.ts";
import { RateMeter } from "./eta.ts";
import { HeadStatus } from "./head-status.ts";
import { StatusLine } from "./status-line.ts";
import { byteSize, duration, percent } from "./text.ts";

/** Shows a training while it runs. */
export interface TrainReporter {
  event(event: TrainEvent): void;
  close(): void;
}

interface ReporterOptions {
  /** Epochs of the whole run. */
  readonly epochs: number;
  /** Told once, when nobody reads what is written any more (`graft train --json | head`). */
  readonly onUnread: () => void;
}

/** `--json`: the events themselves, one object a line on stdout. */
export function jsonReporter({ onUnread }: ReporterOptions): TrainReporter {
  let isRead = true;
  // instead of ending at once, as main.ts does: a run is to stop where it can be resumed
  process.stdout.removeAllListeners("error").on("error", () => {
    if (!isRead) return;
    isRead = false;
    onUnread();
  });
  return {
    event(event) {
      if (isRead) process.stdout.write(`${JSON.stringify(event)}\n`);
    },
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
export function humanReporter(
  environment: CliEnvironment,
  { epochs, onUnread }: ReporterOptions,
): TrainReporter {
  const line = new StatusLine(environment);
  let meter = new RateMeter();
  let startedAt = 0;
  let finishedEpochs = 0;
  let head = new HeadStatus({ images: 0, epochs });
  // a terminal that was closed behind a detached run says something else, and the run goes on
  process.stderr.once("error", (error: NodeJS.ErrnoException) => void (error.code === "EPIPE" && onUnread()));
  return {
    event(event) {
      switch (event.type) {
        case "phase-start":
          meter = new RateMeter();
          startedAt = event.time;
          if (event.phase === "head") head.start(event.time, finishedEpochs);
          line.phase(PHASE_TEXT[event.phase]);
          break;
        case "progress": {
          const { phase, done, total, time } = event;
          line.status(progressText(event, meter));
          if (done === total)
            line.print(
              `${PHASE_TEXT[phase]}: ${amountText(event)} in ${duration((time - startedAt) / 1000)}`,
            );
          break;
        }
        case "step-end":
          line.status(head.step(event));
          break;
        case "epoch-end":
          head.epoch(event);
          line.print(epochText(event));
          break;
        case "warning":
          line.print(`Note: ${event.message}`);
          break;
        case "run-start":
          finishedEpochs = event.resumedFromEpoch ?? 0;
          head = new HeadStatus({ images: event.images.train, epochs });
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

function amountText({ done, total, unit }: ProgressEvent): string {
  return unit === "bytes" ? `${byteSize(done)} of ${byteSize(total)}` : `${done}/${total} ${unit}`;
}

/** "Computing features  ████░░░░  320/2000 images  210 images/s  8.0 s left" */
function progressText(event: ProgressEvent, meter: RateMeter): string {
  const { phase, done, total, unit, time } = event;
  const rate = event.rate ?? meter.update(time, done, total)?.rate;
  const parts = [PHASE_TEXT[phase], bar(done / total), amountText(event)];
  if (rate !== undefined)
    parts.push(unit === "bytes" ? `${byteSize(rate)}/s` : `${rate.toFixed(0)} ${unit}/s`);
  if (rate && done < total) parts.push(`${duration((total - done) / rate)} left`);
  return parts.join("  ");
}

function epochText(event: EpochEndEvent): string {
  const epoch = `Epoch ${String(event.epoch).padStart(String(event.epochs).length)}/${event.epochs}`;
  const validation =
    event.valLoss === undefined || event.valAccuracy === undefined
      ? ""
      : `   validation: loss ${event.valLoss.toFixed(4)}  accuracy ${percent(event.valAccuracy)}`;
  return `${epoch}  loss ${event.loss.toFixed(4)}  accuracy ${percent(event.accuracy)}${validation}  ${duration(event.seconds)}${event.best ? "  best" : ""}`;
}
