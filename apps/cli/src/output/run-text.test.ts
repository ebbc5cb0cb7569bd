import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseTrainConfig } from "@graft/core";
import { openRunStore } from "@graft/core/node";
import { expect, it } from "vitest";
import { accuracyText, runText } from "./run-text.ts";

it("shows the last epoch's accuracy beside the kept one's, unless it is the same epoch", () => {
  const kept = { metrics: { accuracy: 1, valAccuracy: 0.9 }, keptEpoch: 3 };
  const last = { valAccuracy: 0.855 };
  expect(accuracyText({ ...kept, epochs: 8, lastEpoch: last })).toBe(
    "validation accuracy 90.0 %, last epoch 85.5 %",
  );
  expect(accuracyText({ ...kept, epochs: 3, lastEpoch: last })).toBe("validation accuracy 90.0 %");
  expect(
    accuracyText({ metrics: { accuracy: 0.5 }, keptEpoch: 1, epochs: 2, lastEpoch: { accuracy: 0.25 } }),
  ).toBe("training accuracy 50.0 %, last epoch 25.0 %");
  expect(accuracyText({ epochs: 0 })).toBe("");
});

it("shows no error of a run that was stopped", async () => {
  const home = await mkdtemp(join(tmpdir(), "graft-run-text-"));
  const run = await openRunStore(home).create({
    config: parseTrainConfig({}),
    datasetName: "cats",
    split: {
      version: 1,
      kind: "drawn",
      seed: 0,
      fraction: 0.2,
      train: ["a".repeat(64)],
      validation: [],
      test: [],
    },
    weights: { source: "bundled", origin: "here", sha256: "b".repeat(64), inputRange: [-1, 1] },
  });
  const error = {
    name: "CoreError",
    code: "cancelled",
    message: "The work was cancelled.",
    facts: {},
  } as const;
  await run.updateRecord({ status: "interrupted", error });
  expect(runText(run, "interrupted")).not.toMatch(/error|cancelled/);
  await run.updateRecord({ error: { ...error, code: "diverged", message: "It diverged." } });
  expect(runText(run, "failed")).toMatch(/^error +It diverged\.$/m);
  await rm(home, { recursive: true });
});
