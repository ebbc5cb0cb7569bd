import {
  CoreError,
  type Dataset,
  type DatasetImage,
  parseTrainConfig,
  predictionsOfAnswers,
  resumeJob,
  type StopReason,
  scorePredictions,
  scoreTraining,
  type TrainEvent,
  type TrainResult,
  trainJob,
} from "@graft/core";
import { testingWorkspace } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { randomTrunkWeights } from "../train/random-trunk.ts";

const CONFIG = parseTrainConfig({ size: 75, cut: "mixed0", epochs: 3, batchSize: 4, earlyStop: null });
const LABELS = ["cats", "dogs"];

const dataset: Dataset = {
  ...{ source: "pets", labels: LABELS, skipped: [], presplit: false },
  broken: [{ path: "cats/cut.jpg", code: "corrupt", reason: "cut off" }],
  notes: [{ code: "parts", message: "Read as parts." }],
  images: Array.from({ length: 12 }, (_, at): DatasetImage => {
    const label = at % 2;
    const perceptualHash = (at * 0x1234567).toString(16).padStart(16, String(at % 10));
    return {
      ...{ path: `${LABELS[label]}/${at}.png`, label, bytes: 1, hash: at.toString(16).padStart(64, "0") },
      facts: { format: "png", width: 75, height: 75, perceptualHash },
    };
  }),
};

const weights = randomTrunkWeights("mixed0");

/** All that a job told, and how it ended. */
async function ended<T extends TrainResult>(
  job: AsyncGenerator<TrainEvent, T>,
  onEvent: (event: TrainEvent) => void = () => undefined,
): Promise<{ readonly events: TrainEvent[]; readonly end: T }> {
  const events: TrainEvent[] = [];
  let next = await job.next();
  for (; !next.done; next = await job.next()) {
    events.push(next.value);
    onEvent(next.value);
  }
  return { events, end: next.value };
}

const kinds = (events: readonly TrainEvent[]): string[] =>
  events.map((event) => ("phase" in event ? `${event.type} ${event.phase}` : event.type));

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu"))
  await describeOn(candidate, (backend) => {
    describe("a training on a host without a disk", () => {
      it("tells of scan and trunk, notes and steps to its end; log, record and model are kept", async () => {
        const workspace = testingWorkspace({ backend, dataset, weights });
        const { events, end } = await ended(trainJob(workspace, { config: CONFIG, dataset: "pets" }));
        expect(end).toMatchObject({ status: "completed", epochs: 3 });
        const run = end.training?.run;
        expect(kinds(events).slice(0, 2)).toEqual(["phase-start scan", "progress scan"]);
        expect(kinds(events)).toContain("phase-start trunk");
        expect(kinds(events)).toContain("phase-start features");
        expect(events.flatMap((event) => (event.type === "note" ? [event.code] : [])).slice(0, 2)).toEqual([
          "parts",
          "broken-files",
        ]);
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at));
        expect(new Set(events.map((event) => event.run))).toEqual(new Set([run?.id]));
        expect(await run?.readEvents()).toEqual(events);
        const where = `memory/${run?.id}/model`;
        expect(run?.record).toMatchObject({ status: "completed", epochs: 3, model: where });
        const { model } = await workspace.openModel(run?.id ?? "");
        expect(model.manifest).toEqual(end.model?.manifest);
        expect(model.head).toEqual(end.model?.head);
        expect(await run?.checkpoints.load()).toBeUndefined();
      });

      it("has the id that its host gives it, and its events count on from those that the host told", async () => {
        const workspace = testingWorkspace({ backend, dataset, weights });
        const job = { config: { ...CONFIG, epochs: 1 }, dataset: "pets", run: "0run", firstSeq: 3 };
        const { events, end } = await ended(trainJob(workspace, job));
        expect(end.training?.run.id).toBe("0run");
        expect(new Set(events.map(({ run }) => run))).toEqual(new Set(["0run"]));
        expect(events.map(({ seq }) => seq)).toEqual(events.map((_, at) => at + 3));
        expect(await end.training?.run.readEvents()).toEqual(events);
      });

      it("takes a host's own split, and refuses one that leaves nothing of a class to learn from", async () => {
        const hashes = dataset.images.map(({ hash }) => hash);
        const drawn = { version: 1, kind: "drawn", seed: 9, fraction: 0.5, test: [] } as const;
        const split = { ...drawn, train: hashes.slice(4), validation: hashes.slice(0, 4) };
        const workspace = testingWorkspace({ backend, dataset, weights, split });
        const { end } = await ended(trainJob(workspace, { config: CONFIG, dataset: "pets" }));
        expect(end.training?.run.split).toEqual(split);
        expect(end.model?.manifest.trainedOn).toEqual(hashes.slice(4));

        const cats = dataset.images.filter(({ label }) => label === 0).map(({ hash }) => hash);
        const oneSided = { ...split, train: cats, validation: hashes.filter((hash) => !cats.includes(hash)) };
        const refusing = testingWorkspace({ backend, dataset, weights, split: oneSided });
        const refused = await ended(trainJob(refusing, { config: CONFIG, dataset: "pets" }));
        const message = expect.stringContaining("no training image of dogs");
        expect(refused.end).toMatchObject({ status: "failed", error: { code: "bad-input", message } });
      });

      it("keeps what its model says of each image held back, where its host wants it", async () => {
        const workspace = testingWorkspace({ backend, dataset, weights });
        const { end } = await ended(trainJob(workspace, { config: CONFIG, dataset: "pets" }));
        const { training, model } = end;
        const answers = workspace.answers.get(training?.run.id ?? "");
        if (!answers || !training || !model) throw new Error("a training that is done has its answers");
        expect(answers.labels).toEqual(LABELS);
        expect(answers.hashes).toEqual(training.run.split.validation);
        const score = await scoreTraining(workspace, training, model);
        const truth = answers.hashes.map(
          (hash) => dataset.images.find((one) => one.hash === hash)?.label ?? -1,
        );
        expect(scorePredictions(LABELS, truth, predictionsOfAnswers(answers))).toEqual(score?.evaluation);
      });

      it("is gone on from where it was interrupted, and gives the same model as one that never was", async () => {
        const whole = testingWorkspace({ backend, dataset, weights });
        const first = await ended(trainJob(whole, { config: CONFIG, dataset: "pets" }));
        const controller = new AbortController();
        const workspace = testingWorkspace({ backend, dataset, weights, signal: controller.signal });
        const stopped = await ended(trainJob(workspace, { config: CONFIG, dataset: "pets" }), ({ type }) => {
          if (type === "epoch-end") controller.abort("interrupt" satisfies StopReason);
        });
        expect(stopped.end).toMatchObject({ status: "interrupted", epochs: 1 });
        const run = stopped.end.training?.run;
        if (!run) throw new Error("an interrupted training has its run");
        const goingOn = { ...workspace, signal: new AbortController().signal };
        const resumed = await ended(resumeJob(goingOn, { run, mayReplace: true }));
        expect(resumed.end.status).toBe("completed");
        expect(resumed.events[0]?.seq).toBe((stopped.events.at(-1)?.seq ?? 0) + 1);
        const headOf = ({ end }: typeof first) => [...(end.model?.head ?? [])];
        expect(headOf(resumed)).toEqual(headOf(first));
      });

      it("ends with run-end when it fails before there is a run, and when it is cancelled then", async () => {
        const workspace = testingWorkspace({ backend, dataset, weights });
        const { events, end } = await ended(trainJob(workspace, { config: CONFIG, dataset: "nowhere" }));
        expect(events.at(-1)).toMatchObject({
          type: "run-end",
          status: "failed",
          error: { code: "not-found" },
        });
        expect(end).toMatchObject({ status: "failed", error: { code: "not-found" } });
        expect(end.training).toBeUndefined();
        expect(await workspace.runs.list()).toEqual([]);
      });

      it("stores its end too when it fails between the making of its run and its first step", async () => {
        const workspace = {
          ...testingWorkspace({ backend, dataset, weights }),
          features: () => Promise.reject(new CoreError("disk-full", { what: "No room for the cache." })),
        };
        const { events, end } = await ended(trainJob(workspace, { config: CONFIG, dataset: "pets" }));
        expect(events.at(-1)).toMatchObject({
          type: "run-end",
          status: "failed",
          error: { code: "disk-full" },
        });
        const run = end.training?.run;
        expect(await run?.readEvents()).toEqual(events);
        expect(run?.record).toMatchObject({ status: "failed", error: { code: "disk-full" } });
        expect(await run?.state()).toBe("failed");
      });

      it("leaves the log alone of a run that somebody else works on, and says so", async () => {
        const workspace = testingWorkspace({ backend, dataset, weights });
        const first = await ended(trainJob(workspace, { config: { ...CONFIG, epochs: 1 }, dataset: "pets" }));
        const run = first.end.training?.run;
        if (!run) throw new Error("a training has its run");
        await using _lock = await run.lock();
        const before = await run.readEvents();
        const events: TrainEvent[] = [];
        const resumed = ended(resumeJob(workspace, { run, mayReplace: true }), (event) => events.push(event));
        await expect(resumed).rejects.toMatchObject({ code: "conflict" });
        // a run-end in its name would be taken for the live run's
        expect(events).toEqual([]);
        expect(await run.readEvents()).toEqual(before);
      });

      it("keeps nothing to go on from when it is cancelled for good", async () => {
        const controller = new AbortController();
        const workspace = testingWorkspace({ backend, dataset, weights, signal: controller.signal });
        const { events, end } = await ended(
          trainJob(workspace, { config: CONFIG, dataset: "pets" }),
          ({ type }) => {
            if (type === "epoch-end") controller.abort("cancel" satisfies StopReason);
          },
        );
        expect(events.at(-1)).toMatchObject({ type: "run-end", status: "cancelled" });
        expect(end.training?.run.record.status).toBe("cancelled");
        expect(await end.training?.run.checkpoints.load()).toBeUndefined();
      });
    });
  });
