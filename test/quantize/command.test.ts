import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import { readOnnxMetadata } from "@graft/backend-select";
import { beforeAll, describe, expect, it } from "vitest";
import { graft, jsonLines, temporaryFolder } from "../cli/run-graft.ts";
import { itLong } from "../long.ts";
import { sharedPath } from "../shared.ts";

/** 400 photos to train on, 200 to validate. */
const PHOTOS = sharedPath("data", "cats-dogs");
/** Four of the 200 validation photos: what another order of the same photos may change, too. */
const TOLERANCE = 0.02;

let home = "";
beforeAll(async () => {
  home = await temporaryFolder("int8");
});

async function trained(precision: string, ...more: string[]): Promise<string> {
  const words = ["train", PHOTOS ?? "", "--weights", "bundled", "--backend", "cpu", "--precision", precision];
  const { code, stdout, stderr } = await graft([...words, "--epochs", "12", ...more], home);
  expect(code, stderr).toBe(0);
  return stdout;
}

describe.skipIf(PHOTOS === undefined)("--precision int8 on photos (needs ../shared)", () => {
  itLong(
    "trains as accurate a model as float32, and says what the trunk that predicts makes of it",
    async () => {
      const text = await trained("int8", "--out", join(home, "model"));
      const [, inInt8, predicting] =
        /Accuracy (0\.\d+) with the int8 trunk .* (0\.\d+) with the float32 trunk that predicts/.exec(text) ??
        [];
      const inFloat = Object(jsonLines(await trained("float32", "--json")).at(-1)?.metrics);
      console.log(
        `accuracy: float32 ${inFloat.valAccuracy}, int8 ${inInt8}, its head behind float32 ${predicting}`,
      );
      expect(Math.abs(Number(inInt8) - inFloat.valAccuracy)).toBeLessThanOrEqual(TOLERANCE);
      expect(Math.abs(Number(predicting) - inFloat.valAccuracy)).toBeLessThanOrEqual(TOLERANCE);
      expect(inFloat.float32ValAccuracy).toBeUndefined();

      // the same in the events, in the model's record and on its card, and what evaluate finds
      const end = jsonLines(await trained("int8", "--json")).at(-1);
      const { valAccuracy, float32ValAccuracy } = Object(end?.metrics);
      expect([valAccuracy.toFixed(3), float32ValAccuracy.toFixed(3)]).toEqual([inInt8, predicting]);
      const manifest = JSON.parse(await readFile(join(home, "model", "graft.json"), "utf8"));
      expect(manifest.metrics).toMatchObject({ valAccuracy, float32ValAccuracy });
      const card = await readFile(join(home, "model", "README.md"), "utf8");
      expect(card).toContain(`**${(100 * float32ValAccuracy).toFixed(1)} %** of the 200 pictures`);
      const { stdout } = await graft(["evaluate", join(home, "model"), PHOTOS ?? "", "--json"], home);
      expect(jsonLines(stdout)[0]?.accuracy).toBe(float32ValAccuracy);
    },
    120_000,
  );

  itLong(
    "exports a quarter of the bytes, with the accuracy before and after, and 98 % of the labels",
    async () => {
      const path = join(home, "model.onnx");
      const words = ["export", join(home, "model"), "--format", "onnx-int8", "--out", path, "--json"];
      const { code, stdout, stderr } = await graft(words, home);
      expect(code, stderr).toBe(0);
      const [line] = jsonLines(stdout);
      console.log(stdout.trim());
      expect(line).toMatchObject({ format: "onnx-int8", path, images: 200, calibratedOn: 32 });
      expect(line?.agreement).toBeGreaterThanOrEqual(0.98);
      expect(Number(line?.accuracyBefore) - Number(line?.accuracyAfter)).toBeLessThanOrEqual(TOLERANCE);
      expect((await stat(path)).size).toBeLessThan(10e6);
      const metadata = await readOnnxMetadata(await readFile(path));
      expect(metadata.get("labels")).toBe('["cats","dogs"]');
    },
    120_000,
  );

  itLong("does not write over an export that is there, and wants a name that programs know", async () => {
    const words = ["export", join(home, "model"), "--format", "onnx-int8", "--out"];
    const there = await graft([...words, join(home, "model.onnx")], home);
    expect([there.code, there.stderr]).toEqual([1, expect.stringContaining("--force")]);
    const wrong = await graft([...words, join(home, "model.bin")], home);
    expect([wrong.code, wrong.stderr]).toEqual([2, expect.stringMatching(/ends in \.onnx.*Received/)]);
  });

  it("refuses an engine that has no 8-bit arithmetic before it makes a run", async () => {
    const other = await temporaryFolder("int8-refused");
    const words = ["train", PHOTOS ?? "", "--weights", "bundled", "--backend", "wasm", "--precision", "int8"];
    const { code, stderr } = await graft(words, other);
    expect(code).toBe(1);
    expect(stderr).toMatch(/tfjs:wasm has no 8-bit arithmetic.*--backend onnx:cpu/);
    expect((await graft(["runs", "list", "--json"], other)).stdout.trim()).not.toContain("cats-dogs");
  });
});
