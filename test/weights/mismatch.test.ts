import { writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { CoreError, type ErrorCode, numElements, TRUNK_TENSORS, type WeightTensor } from "@graft/core";
import { loadWeights } from "@graft/core/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { writeHdf5 } from "./write-hdf5.ts";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-mismatch-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** What loading a file of these bytes fails with. */
async function failureOf(name: string, bytes?: Uint8Array | string): Promise<CoreError> {
  const path = join(folder, name);
  if (bytes !== undefined) writeFileSync(path, bytes);
  const fetch = () => Promise.reject(new Error("a file needs no network"));
  const error: unknown = await loadWeights({ weights: path, home: folder, env: {}, fetch }).catch(
    (e: unknown) => e,
  );
  if (error instanceof CoreError) return error;
  throw new Error(`expected a CoreError, got ${String(error)}`);
}

async function expectFailure(
  code: ErrorCode,
  text: RegExp,
  name: string,
  bytes?: Uint8Array | string,
): Promise<void> {
  const error = await failureOf(name, bytes);
  expect(error.message).toMatch(text);
  expect(error.message).toContain(name);
  expect(error.code).toBe(code);
}

const one: WeightTensor = { shape: [1], data: new Float32Array(1) };
const first: WeightTensor = { shape: [3, 3, 3, 32], data: new Float32Array(3 * 3 * 3 * 32) };

test("missing, extra and wrong-shape tensors are reported together, by name", async () => {
  const bytes = await writeHdf5([
    ["conv2d_1/conv2d_1/kernel:0", first],
    ["conv2d_2/conv2d_2/kernel:0", one],
    ["conv2d_2/conv2d_2/bias:0", one],
    ["batch_normalization_1/batch_normalization_1/gamma:0", one],
    ["predictions/predictions/kernel:0", one],
  ]);
  const error = await failureOf("small.h5", bytes);
  expect(error.code).toBe("weights-mismatch");
  const missing = TRUNK_TENSORS.map(({ name }) => name).filter((name) => !/^conv2d_[12]\//.test(name));
  expect(error.facts).toEqual({
    origin: join(folder, "small.h5"),
    missing,
    extra: ["batch_normalization_1/gamma", "conv2d_2/bias", "predictions/kernel"],
    wrongShape: [{ name: "conv2d_2/kernel", received: [1], expected: [3, 3, 32, 32] }],
  });
  expect(error.message).toMatch(
    /374 missing \(.*and 369 more\); 3 extra \(.*\); 1 of another shape \(conv2d_2\/kernel \[1\] instead of/,
  );
});

test("another network's file is a mismatch, not a damaged file", async () => {
  const bytes = await writeHdf5([["block1_conv1/block1_conv1_W_1:0", one]]);
  await expectFailure(
    "weights-mismatch",
    /376 missing.*1 extra \(block1_conv1\/block1_conv1_W_1/,
    "vgg.h5",
    bytes,
  );
});

test("a cut file, a file of something else and an empty one are corrupt", async () => {
  const bytes = await writeHdf5([["conv2d_1/kernel:0", first]]);
  await expectFailure("corrupt", /truncated/, "cut.h5", bytes.subarray(0, bytes.length - 100));
  await expectFailure("corrupt", /signature not found/, "noise.h5", new Uint8Array(5000).fill(7));
  await expectFailure("corrupt", /is an empty file/, "empty.h5", "");
  await expectFailure("corrupt", /web page/, "page.h5", "<!DOCTYPE html><html>Log in</html>");
  await expectFailure("corrupt", /unpacked/, "cut.h5.gz", gzipSync(bytes).subarray(0, 200));
  await expectFailure("corrupt", /\.keras archive/, "cut.keras", "PK\x03\x04 and no more");
});

test.each([Number.NaN, Number.POSITIVE_INFINITY])(
  "a whole file with a number that is %d is refused by the tensor's name",
  async (wrong) => {
    const name = "batch_normalization_94/moving_variance";
    const tensors = TRUNK_TENSORS.map(({ name: path, shape }): [string, WeightTensor] => {
      const data = new Float32Array(numElements(shape)).fill(1);
      if (path === name) data[7] = wrong;
      return [path, { shape, data }];
    });
    const text = new RegExp(`not all finite.*${wrong} at position 7 of ${name}`);
    await expectFailure("corrupt", text, "infinite.h5", await writeHdf5(tensors));
  },
);

test("a broken tfjs model says what is wrong with it", async () => {
  const model = (paths: string[]): string =>
    JSON.stringify({
      weightsManifest: [{ paths, weights: [{ name: "conv2d_1/kernel", shape: [4], dtype: "float32" }] }],
    });
  await expectFailure("corrupt", /weightsManifest/, "graph.json", '{"format": "graph-model"}');
  await expectFailure("corrupt", /outside its folder/, "away.json", model(["../secret.bin"]));
  writeFileSync(join(folder, "short.bin"), new Uint8Array(15));
  await expectFailure("corrupt", /short\.bin.*15 bytes.*16/s, "short.json", model(["short.bin"]));
  const absent = await failureOf("absent.json", model(["absent.bin"]));
  expect(absent.code).toBe("not-found");
  expect(absent.message).toContain("absent.bin");
});

test("a name that is no file lists what weights may be, a folder asks for the file in it", async () => {
  await expectFailure("not-found", /auto, bundled, imagenet/, "imagnet");
  const error = await failureOf(".");
  expect(error.code).toBe("bad-input");
  expect(error.message).toMatch(/model\.json/);
});

test("an input range must be two different numbers", async () => {
  const options = { weights: "bundled", home: folder, env: {}, fetch: () => Promise.reject(new Error()) };
  await expect(loadWeights({ ...options, inputRange: [1, 1] })).rejects.toThrow(/two different/);
  expect(await loadWeights({ ...options, inputRange: [-1, 1] })).toMatchObject({ inputRange: [-1, 1] });
});
