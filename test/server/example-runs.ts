import { type Caller, newId, type RunRow } from "@graft/api";
import { type TrainEvent, type TrainEventBody, writeModel } from "@graft/core";
import { ANSWERS_FILE, encodeAnswers } from "../../packages/api/src/runs/answers-file.ts";
import { parseFrozen } from "../../packages/api/src/runs/frozen.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";
import type { ExampleId } from "./example-ids.ts";
import type { TestServices } from "./open-services.ts";

const METRICS = { loss: 0.2, accuracy: 1, valLoss: 0.3, valAccuracy: 0.5 } as const;

const weights = randomWeights("mixed0");

/** Runs of a data set in the states that examples need: none has trained, their files are as a training leaves them. */
export async function exampleRuns(
  test: TestServices,
  caller: Caller,
  dataset: string,
): Promise<
  Readonly<Record<Extract<ExampleId, "$run" | "$otherRun" | "$decision" | "$waiting" | "$stopped">, string>>
> {
  const { runs, decisions } = test.services;
  const waiting = await runs.create(caller, { dataset, config: { epochs: 2 } });
  const stopped = await runs.create(caller, { dataset, config: { epochs: 3 } });
  await runs.stop(caller, stopped.id, "interrupt");
  const row = await test.ports.repository.runs.get(waiting.id);
  if (!row) throw new TypeError("it was made");
  const done = await doneRun(test, row, 0.9);
  const other = await doneRun(test, row, 0.2);
  const named = await decisions.decide(caller, { run: done, kind: "name", value: "first" });
  return {
    ...{ $run: done, $otherRun: other, $decision: named.id },
    ...{ $waiting: waiting.id, $stopped: stopped.id },
  };
}

/** @param sure probability of the first class for each picture held back. @returns its id. */
async function doneRun(test: TestServices, like: RunRow, sure: number): Promise<string> {
  const { ports, folderOf } = test;
  const { runs } = ports.repository;
  const { number: _, ...copied } = like;
  const now = Date.now();
  const { id } = await runs.create({ ...copied, id: newId() });
  const { dataset, split } = parseFrozen(await ports.blobs.read(like.frozen));
  const { labels } = dataset;
  const hashes = split.validation;
  const probabilities = Float32Array.from(hashes.flatMap(() => [sure, 1 - sure]));
  await folderOf(id).replace(ANSWERS_FILE, [encodeAnswers({ labels, hashes, probabilities })]);
  const model = sampleModel({
    weights,
    recipe: "gap",
    cut: "mixed0",
    size: 75,
    labels,
    trainedOn: split.train,
  });
  await writeModel(model, { folder: folderOf(id), path: "model" });
  const { train, validation, test: tested } = like.images;
  const images = { train, validation, test: tested };
  const bodies: readonly TrainEventBody[] = [
    { type: "run-start", labels, images, backend: "onnx:cpu", weights: "bundled" },
    { type: "phase-start", phase: "head", total: 1 },
    { type: "step-end", epoch: 1, epochs: 2, step: 1, steps: 1, loss: 0.4 },
    { type: "epoch-end", epoch: 1, epochs: 2, seconds: 1, best: true, ...METRICS },
    {
      type: "run-end",
      status: "completed",
      metrics: METRICS,
      keptEpoch: 1,
      epochs: 1,
      seconds: 2,
      backend: "onnx:cpu",
    },
  ];
  const events = bodies.map((body, seq): TrainEvent => ({ ...body, run: id, seq, time: now + seq }));
  await runs.appendEvents(id, events);
  const end = {
    state: "completed",
    metrics: METRICS,
    startedAt: now,
    endedAt: now + 1,
    hasModel: true,
  } as const;
  await runs.update(id, { ...end, backend: "onnx:cpu", worker: "example" });
  return id;
}
