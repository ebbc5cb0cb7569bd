import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { keptProofs } from "./kept-proofs.ts";

const device = (engineVersion: string) =>
  ({
    ...({ id: "onnx:cpu", kind: "cpu", usable: true, automatic: true } as const),
    device: { name: "a processor", engine: "an engine", engineVersion },
  }) as const;

it("a machine's proofs are computed once for each graft, engine and processor, and again where the file is damaged", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "proofs-")), "proofs.json");
  let computed = 0;
  const compute = async (): Promise<string> => `proof ${++computed}`;
  const found = (engine: string, version = "1", kept: string | undefined = file) =>
    keptProofs([device(engine)], { file: kept, version, compute });
  expect(await found("1.0")).toEqual({ "onnx:cpu": "proof 1" });
  expect(await found("1.0")).toEqual({ "onnx:cpu": "proof 1" });
  expect(await found("1.1")).toEqual({ "onnx:cpu": "proof 2" });
  expect(await found("1.1", "2")).toEqual({ "onnx:cpu": "proof 3" });
  expect(await found("1.1", "2")).toEqual({ "onnx:cpu": "proof 3" });
  await writeFile(file, (await readFile(file)).subarray(0, 20));
  expect(await found("1.1", "2")).toEqual({ "onnx:cpu": "proof 4" });
  expect(await keptProofs([device("1.1")], { file: undefined, version: "2", compute })).toEqual({
    "onnx:cpu": "proof 5",
  });
});

it("a backend that fails has no proof, and is tried again the next time", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "proofs-")), "proofs.json");
  const failing = { file, version: "1", compute: () => Promise.reject(new Error("it crashed")) };
  expect(await keptProofs([device("1.0")], failing)).toEqual({});
  expect(await keptProofs([device("1.0")], { ...failing, compute: async () => "p" })).toEqual({
    "onnx:cpu": "p",
  });
});
