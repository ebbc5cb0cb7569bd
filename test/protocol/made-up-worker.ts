/** A worker that says what a test has it say, and a host of memory alone. */
import {
  type Dataset,
  type DatasetImage,
  type Port,
  PROTOCOL_VERSION,
  portPair,
  type TrainEvent,
  type Work,
  WorkerHost,
  type Workspace,
} from "@graft/core";
import { createReferenceBackend, testingWorkspace } from "@graft/core/testing";
import { randomTrunkWeights } from "../train/random-trunk.ts";

const LABELS = ["cats", "dogs"];

export const PETS: Dataset = {
  ...{ source: "pets", labels: LABELS, skipped: [], presplit: false, broken: [], notes: [] },
  images: Array.from({ length: 12 }, (_, at): DatasetImage => {
    const hash = (at + 1).toString(16).padStart(64, "0");
    const facts = { format: "png", width: 75, height: 75, perceptualHash: hash.slice(-16) } as const;
    return { path: `${LABELS[at % 2]}/${at}.png`, label: at % 2, bytes: 1, hash, facts };
  }),
};

const weights = randomTrunkWeights("mixed0");

export const hostOfMemory = (signal?: AbortSignal): Workspace =>
  testingWorkspace({
    ...{ backend: createReferenceBackend(), dataset: PETS, weights },
    ...(signal ? { signal } : {}),
  });

export const TRAIN: Work = {
  ...{ kind: "train", dataset: "pets", datasetName: "pets" },
  config: { size: 75, cut: "mixed0", epochs: 2, batchSize: 4, earlyStop: null },
};

interface Heard {
  readonly type: string;
  readonly [key: string]: unknown;
}

export interface MadeUpWorker {
  readonly heard: readonly Heard[];
  readonly port: Port;
  /** Says a message of the protocol. */
  say(report: object): void;
}

/** @param hear called with each command. */
export function madeUpWorker(
  workspace: Workspace,
  hear: (command: Heard, worker: MadeUpWorker) => void = () => undefined,
): { readonly host: WorkerHost; readonly worker: MadeUpWorker } {
  const [ofHost, port] = portPair();
  const heard: Heard[] = [];
  const worker: MadeUpWorker = {
    ...{ heard, port },
    say: (report) => port.post({ v: PROTOCOL_VERSION, ...report }),
  };
  port.onMessage((message) => {
    const command = message as Heard; // what a host posts has a type
    heard.push(command);
    hear(command, worker);
  });
  return { host: new WorkerHost({ port: ofHost, workspace }), worker };
}

/** All that was told, and what came of it. */
export async function followed<T>(
  work: AsyncGenerator<TrainEvent, T>,
  onEvent: (event: TrainEvent) => void = () => undefined,
): Promise<{ readonly events: readonly TrainEvent[]; readonly end: T }> {
  const events: TrainEvent[] = [];
  let next = await work.next();
  for (; !next.done; next = await work.next()) {
    events.push(next.value);
    onEvent(next.value);
  }
  return { events, end: next.value };
}
