/** A host for tests of workers: a queue and rows on a store, runs in a home's folder, a few emoji to learn from. */
import { createHash } from "node:crypto";
import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { checkInt8, selectBackend } from "@graft/backend-select";
import { CoreError, deserializeError, type TrainEvent, type Work } from "@graft/core";
import { NodeWorkspace } from "@graft/core/node";
import type { TrainHandler } from "../../../apps/server/src/workers/trainers.ts";

const EMOJI = join(import.meta.dirname, "../../../packages/core/assets/emoji");
const CLASSES = ["animal", "food"];

/** Options of a training that takes a few seconds and has a dozen steps an epoch. */
export const CONFIG = {
  ...{
    weights: "bundled",
    backend: "cpu",
    size: 75,
    cut: "mixed0",
    epochs: 6,
    batchSize: 4,
    earlyStop: null,
  },
} as const;
/** The same as flags. */
export const FLAGS = [
  ...["--weights", "bundled", "--backend", "cpu", "--size", "75", "--cut", "mixed0"],
  ...["--epochs", "6", "--batch-size", "4", "--no-early-stop"],
] as const;

/** Some emoji of two classes. */
export async function copyEmoji(folder: string, perClass: number): Promise<void> {
  for (const name of CLASSES) {
    await mkdir(join(folder, name), { recursive: true });
    const files = (await readdir(join(EMOJI, name))).sort().slice(0, perClass);
    for (const file of files) await cp(join(EMOJI, name, file), join(folder, name, file));
  }
}

export function homeWorkspace(home: string): NodeWorkspace {
  const { signal } = new AbortController();
  return new NodeWorkspace({
    ...{ home, env: process.env, checkInt8, versions: { graft: "test" }, signal, onEvent: () => undefined },
    selectBackend: (backend) => selectBackend({ backend, home, env: process.env }),
  });
}

/** sha256 of a run's model's numbers. */
export async function modelHash(home: string, run: string): Promise<string> {
  const bytes = await readFile(join(home, "runs", run, "model/weights.bin"));
  return createHash("sha256").update(bytes).digest("hex");
}

export const lossesOf = (events: readonly Partial<TrainEvent>[]): readonly (readonly unknown[])[] =>
  events.flatMap((event) =>
    event.type === "epoch-end" ? [[event.epoch, event.loss, event.valLoss, event.accuracy]] : [],
  );

/** Trainings by the queue, each begun once and gone on with. */
export class Trainings {
  /** By the job's subject. */
  readonly runs = new Map<string, string>();
  readonly events: TrainEvent[] = [];
  readonly #dataset: string;
  #heard: (event: TrainEvent) => void = () => undefined;

  constructor(dataset: string) {
    this.#dataset = dataset;
  }

  /** @param hear called with each event from now on. */
  onEvent(hear: (event: TrainEvent) => void): void {
    this.#heard = hear;
  }

  readonly train: TrainHandler = async ({ subject }, { host, signal, hasKept, isForHost }) => {
    const run = this.runs.get(subject);
    const work: Work =
      run === undefined
        ? { kind: "train", config: CONFIG, dataset: this.#dataset, datasetName: "emoji" }
        : { kind: "resume", run, mayReplace: true };
    const training = host.work(work, { signal });
    let next = await training.next();
    for (; !next.done; next = await training.next()) {
      const event = next.value;
      this.events.push(event);
      if (event.run !== "" && event.type === "checkpoint") {
        this.runs.set(subject, event.run);
        hasKept();
      }
      this.#heard(event);
    }
    const { status, error, run: made } = next.value;
    if (status === "completed" && made !== undefined) this.runs.set(subject, made);
    if (status === "interrupted" && error?.code === "backend") throw deserializeError(error);
    if (isForHost()) throw new CoreError("cancelled", { what: "The host ends." });
    if (status === "failed" && error) throw deserializeError(error);
  };
}
