import type { EpochEndEvent, Phase, ProgressEvent, TrainEvent } from "@graft/core";
import type { CliEnvironment } from "../environment/env.ts";
import { byteSize, duration, percent } from "../output/text.ts";
import { RateMeter } from "./eta.ts";
import { firstThatFits, fittingBar } from "./fit.ts";
import { HeadStatus } from "./head-status.ts";
import { StatusLine } from "./status-line.ts";

/** Shows a training while it runs. */
export interface TrainReporter {
  event(event: TrainEvent): void;
  close(): void;
}

interface ReporterOptions {
  /** Told once, when nobody reads what is written any more (`graft train --json | head`). */
  readonly onUnread: () => void;
}

interface HumanReporterOptions extends ReporterOptions {
  /** Milliseconds of a clock that never goes back: an event's `time` says when, and may. @default performance.now */
  readonly clock?: () => number;
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

const BEST = "  best";

const PHASE_TEXT: Readonly<Record<Phase, string>> = {
  scan: "Looking at the images",
  trunk: "Loading the trunk",
  features: "Computing features",
  head: "Training the head",
  "fine-tune": "Fine-tuning",
  evaluate: "Evaluating",
  save: "Saving the model",
};

const isOpening = (phase: Phase): boolean => phase === "scan" || phase === "trunk";

/** For people, on stderr: one line that is redrawn on a terminal, plain lines anywhere else. */
export function humanReporter(
  environment: CliEnvironment,
  { onUnread, clock = () => performance.now() }: HumanReporterOptions,
): TrainReporter {
  const { columns } = environment;
  const line = new StatusLine(environment);
  let meter = new RateMeter();
  let startedAt = 0;
  let finishedEpochs = 0;
  let images = 0;
  /** The phase's amount was told: features that each epoch computes anew reach it once an epoch. */
  let isTold = false;
  let head = new HeadStatus({ images, columns, finishedEpochs, time: 0 });
  // a terminal that was closed behind a detached run says something else, and the run goes on
  process.stderr.once("error", (error: NodeJS.ErrnoException) => void (error.code === "EPIPE" && onUnread()));
  return {
    event(event) {
      switch (event.type) {
        case "phase-start":
          // while things are opened the command's own line says how far that is
          if (isOpening(event.phase)) break;
          meter = new RateMeter();
          startedAt = clock();
          isTold = false;
          if (event.phase === "head" || event.phase === "fine-tune")
            head = new HeadStatus({ images, columns, finishedEpochs, time: clock() });
          if (event.phase === "fine-tune")
            line.print("Fine-tuning: the head and the trunk's last layers, from the kept epoch");
          line.phase(PHASE_TEXT[event.phase]);
          break;
        case "progress": {
          if (isOpening(event.phase)) break;
          const { phase, done, total } = event;
          const time = clock();
          line.status(progressText(event, { meter, columns, time }));
          if (done < total || isTold) break;
          isTold = true;
          line.print(`${PHASE_TEXT[phase]}: ${amountText(event)} in ${duration((time - startedAt) / 1000)}`);
          break;
        }
        case "step-end":
          line.status(head.step(event, clock()));
          break;
        case "epoch-end":
          head.epoch(event, clock());
          finishedEpochs = event.epoch;
          line.print(epochText(event, columns));
          break;
        case "warning":
          line.print(`Note: ${event.message}`);
          break;
        case "run-start":
          finishedEpochs = event.resumedFromEpoch ?? 0;
          images = event.images.train;
          line.print(
            `Run ${event.run}: ${event.labels.length} classes, ${event.images.train} images to train on, ${event.images.validation} to validate, on ${event.backend}, ${event.weights} weights`,
          );
          break;
        case "note":
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
function progressText(
  event: ProgressEvent,
  { meter, columns, time }: { readonly meter: RateMeter; readonly columns: number; readonly time: number },
): string {
  const { phase, done, total, unit } = event;
  const rate = event.rate ?? meter.update(time, done, total)?.rate;
  const [what, amount] = [PHASE_TEXT[phase], amountText(event)];
  const pace =
    rate === undefined ? [] : [unit === "bytes" ? `${byteSize(rate)}/s` : `${rate.toFixed(0)} ${unit}/s`];
  const left = rate && done < total ? [`${duration((total - done) / rate)} left`] : [];
  const words = [what, "", amount, ...pace, ...left].join("  ");
  const drawn = fittingBar(done / total, { words, columns, widest: 20 });
  const forms = [
    [what, ...(drawn === "" ? [] : [drawn]), amount, ...pace, ...left],
    [what, amount, ...left],
  ];
  return firstThatFits(
    forms.map((parts) => parts.join("  ")),
    columns,
  );
}

/** In words, or with less of them where the line would wrap; room for "best" is kept, so that epochs look alike. */
function epochText(event: EpochEndEvent, columns: number): string {
  const epoch = `Epoch ${String(event.epoch).padStart(String(event.epochs).length)}/${event.epochs}`;
  const end = `  ${duration(event.seconds)}`;
  const { valLoss, valAccuracy } = event;
  const line = (training: string, validation: string, between: string): string => {
    const numbers = (loss: number, accuracy: number): string =>
      `${loss.toFixed(4)}  ${between}${percent(accuracy)}`;
    const validated =
      valLoss === undefined || valAccuracy === undefined
        ? ""
        : `   ${validation}${numbers(valLoss, valAccuracy)}`;
    return `${epoch}  ${training}${numbers(event.loss, event.accuracy)}${validated}${end}`;
  };
  const forms = [
    line("loss ", "validation: loss ", "accuracy "),
    line("loss ", "validation ", ""),
    line("loss ", "val ", ""),
  ];
  return `${firstThatFits(forms, columns - BEST.length)}${event.best ? BEST : ""}`;
}
