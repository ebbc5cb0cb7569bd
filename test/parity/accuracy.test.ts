import { beforeAll, describe, expect } from "vitest";
import { graft, jsonLines, temporaryFolder } from "../cli/run-graft.ts";
import { itLong } from "../long.ts";
import { sharedPath } from "../shared.ts";

/** 400 photos to train on, 200 to validate. */
const PHOTOS = sharedPath("data", "cats-dogs");
const SEEDS = [1, 2, 3];
/** Validation accuracy of Keras's last epoch with the same weights, photos, recipe and seeds. */
const KERAS_GAP = [0.855, 0.85, 0.85];
/** Four of the 200 validation photos: what another order of the same photos may change. */
const TOLERANCE = 0.02;

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

let home = "";
beforeAll(async () => {
  home = await temporaryFolder("accuracy");
});

describe.skipIf(PHOTOS === undefined)("a trained model (needs ../shared)", () => {
  itLong("is as accurate with the gap recipe as Keras's, over three seeds", async () => {
    const accuracies: number[] = [];
    for (const seed of SEEDS) {
      const words = [
        "train",
        PHOTOS ?? "",
        "--weights",
        "bundled",
        "--backend",
        "cpu",
        "--seed",
        String(seed),
      ];
      const course = ["--epochs", "20", "--no-early-stop", "--no-augment", "--json"];
      const { code, stdout, stderr } = await graft([...words, ...course], home);
      expect(code, stderr).toBe(0);
      const end = jsonLines(stdout).at(-1);
      expect(end).toMatchObject({ type: "run-end", status: "completed", epochs: 20 });
      accuracies.push(Number(Object(end?.lastEpoch).valAccuracy));
    }
    expect(mean(accuracies), `seeds ${SEEDS}: ${accuracies}`).toBeGreaterThanOrEqual(
      mean(KERAS_GAP) - TOLERANCE,
    );
  });
});
