import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  type CutLayer,
  GRAPH_ORDER,
  hashWeights,
  TRUNK_LAYERS,
  type TrunkWeights,
  type WeightTensor,
} from "@graft/core";
import { loadWeights } from "@graft/core/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tensorsUpTo } from "../../packages/core/src/trunk/tensors.ts";
import { writeHdf5 } from "./write-hdf5.ts";

/** What the files of these tests hold: small, and more than one whole block. */
const CUT = "mixed2";
const NUMBERS = 26;

let folder = "";
let notices: string[] = [];
let bundled: TrunkWeights;
let hash = "";

function load(weights: string, cut: CutLayer = CUT): Promise<TrunkWeights> {
  notices = [];
  const fetch = () => Promise.reject(new Error("a file needs no network"));
  return loadWeights({
    ...{ weights, cut, home: folder, env: {}, fetch },
    onNotice: (text) => notices.push(text),
  });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-around-"));
  bundled = await load("bundled");
  hash = await hashWeights(bundled.tensors, CUT);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const parts = (name: string): { kind: string; number: number; variable: string } => {
  const [, kind = "", number, variable = ""] = /^(\w+?)_(\d+)\/(.+)$/.exec(name) ?? [];
  return { kind, number: Number(number), variable };
};

/** The trunk up to the cut, under paths of an own. */
function trunkUnder(pathOf: (kind: string, number: number, variable: string) => string) {
  return tensorsUpTo(CUT).map(({ name }): [string, WeightTensor] => {
    const tensor = bundled.tensors.get(name);
    if (!tensor) throw new Error(name);
    const { kind, number, variable } = parts(name);
    return [pathOf(kind, number, variable), tensor];
  });
}

const layerOf = (kind: string, number: number): string => `${kind}_${number}`;
const plain = (kind: string, number: number, variable: string): string =>
  `${layerOf(kind, number)}/${layerOf(kind, number)}/${variable}:0`;

async function write(name: string, tensors: Iterable<[string, WeightTensor]>): Promise<string> {
  const path = join(folder, name);
  writeFileSync(path, await writeHdf5(tensors));
  return path;
}

const ones = (...shape: number[]): WeightTensor => ({
  shape,
  data: new Float32Array(shape.reduce((product, dim) => product * dim, 1)).fill(1),
});
const norm = (layer: string, channels: number): [string, WeightTensor][] =>
  ["gamma", "beta", "moving_mean", "moving_variance"].map((variable) => [
    `${layer}/${variable}:0`,
    ones(channels),
  ]);

test("a trunk that ends at the cut will do, and one hash is its own whatever it is used for", async () => {
  const path = await write("mixed2.h5", trunkUnder(plain));
  for (const cut of ["mixed0", "mixed2"] as const) {
    const weights = await load(path, cut);
    expect(weights.sha256).toBe(hash);
    expect(weights.tensors.size).toBe(4 * NUMBERS);
  }
  // numbers that are known say their range, also where a file has a part of them
  expect(await load(path)).toMatchObject({ inputRange: [0, 1] });
  expect(notices).toEqual([expect.stringMatching(/are the bundled ones.*\[0, 1\]/)]);
  await expect(load(path, "mixed3")).rejects.toMatchObject({
    code: "weights-mismatch",
    message: expect.stringMatching(/mixed2\.h5 has the trunk up to mixed2.*`cut: mixed2`/),
  });
});

test("names that TensorFlow's graph had already are those of the group", async () => {
  const suffixed = trunkUnder(
    (kind, n, variable) => `${layerOf(kind, n)}/${layerOf(kind, n)}_1/${variable}:0`,
  );
  expect((await load(await write("suffix.h5", suffixed))).sha256).toBe(hash);
  const nested = trunkUnder(
    (kind, n, variable) => `model_weights/inception_v3/${layerOf(kind, n)}_1/${variable}:0`,
  );
  expect((await load(await write("nested-suffix.h5", nested))).sha256).toBe(hash);
});

/** The next convolution of the same shape: one that a wrong name leads to without a word. */
function twin(number: number): number {
  const shapes = TRUNK_LAYERS.flatMap((layer) =>
    layer.kind === "conv-bn-relu" ? [`${[...layer.kernel, layer.inputChannels, layer.filters]}`] : [],
  ).slice(0, NUMBERS);
  const same = shapes.flatMap((shape, i) => (shape === shapes[number - 1] ? [i + 1] : []));
  return same[(same.indexOf(number) + 1) % same.length] ?? number;
}

test("where group and tensor name different layers, the group's is taken, as Keras does", async () => {
  expect(twin(8)).toBe(15);
  const crossed = trunkUnder(
    (kind, n, variable) => `${layerOf(kind, n)}/${layerOf(kind, twin(n))}/${variable}:0`,
  );
  expect((await load(await write("disagree.h5", crossed))).sha256).toBe(hash);
});

test("Keras 2.12 on Windows writes backslashes", async () => {
  const order = ["kernel", "beta", "moving_mean", "moving_variance"];
  const listed = (kind: string, n: number): string => {
    const place = GRAPH_ORDER.indexOf(n);
    return place === 0 ? kind : `${kind}_${place}`;
  };
  const paths = trunkUnder(
    (kind, n, variable) =>
      `_layer_checkpoint_dependencies\\${listed(kind, n)}/vars/${Math.max(0, order.indexOf(variable) - 1)}`,
  );
  expect((await load(await write("windows.weights.h5", paths))).sha256).toBe(hash);
});

test("a head's batch norms and convolutions are left out by name, beside the trunk or around it", async () => {
  const head = [
    ...norm("batch_normalization_95/batch_normalization_95", 288),
    ["conv2d_95/conv2d_95/kernel:0", ones(1, 1, 288, 8)] satisfies [string, WeightTensor],
  ];
  expect((await load(await write("top.h5", [...trunkUnder(plain), ...head]))).sha256).toBe(hash);
  expect(notices[0]).toMatch(/top\.h5 has a top, which is left out: batch_normalization_95\/beta/);
  const nested = trunkUnder((kind, n, variable) => `inception_v3/${layerOf(kind, n - 1)}/${variable}:0`);
  const around = [...nested, ...norm("batch_normalization_1/batch_normalization_1", 288)];
  expect((await load(await write("nested.h5", around))).sha256).toBe(hash);
  expect(notices[0]).toMatch(/left out: batch_normalization_1\/beta/);
});

test("a batch norm in front of the trunk shifts the numbers of its own kind alone", async () => {
  const shifted = trunkUnder((kind, n, variable) => plain(kind, kind === "conv2d" ? n : n + 1, variable));
  const front = norm("batch_normalization_1/batch_normalization_1", 3);
  expect((await load(await write("front.h5", [...front, ...shifted]))).sha256).toBe(hash);
});

test("a wrong shape and a missing tensor are refused as before, with a head or without", async () => {
  const damaged = trunkUnder(plain).flatMap(([path, tensor]): [string, WeightTensor][] => {
    if (path.startsWith("conv2d_7/")) return [[path, ones(1, 1, 192, 49)]];
    return path.startsWith("batch_normalization_9/") && path.endsWith("beta:0") ? [] : [[path, tensor]];
  });
  const path = await write("damaged.h5", [...damaged, ...norm("batch_normalization_95/x", 288)]);
  await expect(load(path)).rejects.toMatchObject({
    code: "weights-mismatch",
    facts: {
      missing: ["batch_normalization_9/beta"],
      wrongShape: [{ name: "conv2d_7/kernel" }],
    },
  });
});

test("a folder is told by what is in it", async () => {
  const made = (name: string, ...files: string[]): string => {
    const path = join(folder, name);
    for (const file of files) {
      mkdirSync(join(path, file, ".."), { recursive: true });
      writeFileSync(join(path, file), "x");
    }
    return path;
  };
  await expect(load(made("saved", "saved_model.pb", "variables/variables.index"))).rejects.toThrow(
    /saved is a TensorFlow SavedModel.*load_model/,
  );
  await expect(load(made("photos", "cats/1.jpg", "dogs/1.jpg"))).rejects.toThrow(
    /photos is a folder of images.*Give it as the data set/,
  );
  await expect(load(made("one", "notes.txt", "inception.h5"))).rejects.toThrow(
    /one is a folder, not a weights file.*Give .*inception\.h5\./,
  );
  await expect(load(join(made("tf", "w.index"), "w"))).rejects.toThrow(/w is a TensorFlow checkpoint/);
  await expect(load(made("ckpt", "checkpoint", "w.data-00000-of-00001"))).rejects.toThrow(
    /a TensorFlow checkpoint/,
  );
});
