import { readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type Checkpoint, parseTrainConfig } from "@graft/core";
import { openCheckpointStore, openRunStore } from "@graft/core/node";
import { describe, expect, it } from "vitest";
import { mountSmallDisk } from "../small-disk.ts";

const { small, refusal } = await mountSmallDisk("64k");

describe.skipIf(refusal)(`a full disk${refusal ? ` (skipped: ${refusal})` : ""}`, () => {
  it("fails a checkpoint without the word that there is a run to be resumed", async () => {
    const checkpoint: Checkpoint = {
      ...{ version: 1, epoch: 1, step: 1, history: [{}], best: null, seconds: 1 },
      hashes: { config: "", split: "", weights: "", features: "" },
      backend: { id: "onnx:cpu", engineVersion: "1" },
      ...{ options: {}, phase: { name: "head", epoch: 0, step: 0 }, partial: null },
      parameters: new Map([["kernel", new Float32Array(100_000)]]),
    };
    const saving = openCheckpointStore(join(small, "checkpoints")).save(checkpoint);
    await expect(saving).rejects.toMatchObject({
      code: "disk-full",
      message: expect.stringMatching(/ENOSPC|graft cache prune/),
    });
    await expect(saving).rejects.not.toThrow(/resume/);
  });

  it("fails a run that cannot be made with the word to start again, and leaves nothing of it", async () => {
    await writeFile(join(small, "filler"), new Uint8Array(64 * 1024)).catch(() => undefined);
    const store = openRunStore(small);
    const creating = store.create({
      config: parseTrainConfig({}),
      datasetName: "cats",
      split: {
        ...{ version: 1, kind: "drawn", seed: 1, fraction: 0.2, validation: [], test: [] },
        train: ["a".repeat(64)],
      },
      weights: { source: "bundled", origin: "none", sha256: "a".repeat(64), inputRange: [0, 1] },
    });
    await expect(creating).rejects.toMatchObject({
      code: "disk-full",
      message: expect.stringMatching(/room on the disk.*then start again\.$/),
    });
    expect(await readdir(store.folder)).toEqual([]);
  });
});
