import { mkdirSync, writeFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { type CutLayer, GRAPH_ORDER, hashWeights, type WeightTensor } from "@graft/core";
import { loadWeights } from "@graft/core/node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readNsfwjsModel } from "../../packages/core/scripts/nsfwjs-model.ts";
import { tensorsUpTo } from "../../packages/core/src/trunk/tensors.ts";
import { sharedPath } from "../shared.ts";
import { writeHdf5 } from "./write-hdf5.ts";

let folder = "";
let notices: string[] = [];
let bundled: Awaited<ReturnType<typeof load>>;

const load = (weights: string, cut?: CutLayer) => {
  notices = [];
  const fetch = () => Promise.reject(new Error("a file needs no network"));
  const onNotice = (text: string) => void notices.push(text);
  return loadWeights({ weights, home: folder, env: {}, fetch, onNotice, ...(cut ? { cut } : {}) });
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "graft-formats-"));
  bundled = await load("bundled");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

test("the bundled weights say which they are, have their range and the hash of their numbers", async () => {
  await load("bundled");
  expect(notices).toEqual([expect.stringMatching(/bundled weights.*nsfwjs 4\.4\.0.*weaker/)]);
  expect(bundled).toMatchObject({ source: "bundled", origin: "npm nsfwjs@4.4.0", inputRange: [0, 1] });
  expect(await hashWeights(bundled.tensors)).toBe(bundled.sha256);
});

test("the bundled weights up to a block are the same numbers, and no later ones", async () => {
  const { tensors, sha256 } = await load("bundled", "mixed2");
  expect([...tensors.keys()]).toEqual(tensorsUpTo("mixed2").map(({ name }) => name));
  for (const [name, tensor] of tensors) expect(tensor).toEqual(bundled.tensors.get(name));
  expect(sha256).toBe(bundled.sha256);
});

const shared = sharedPath("weights/inception_v3_notop.h5.gz");
test.skipIf(shared === undefined)(
  "the public layout in HDF5, packed, gives the bundled hash (needs ../shared/weights)",
  async () => {
    const weights = await load(shared ?? "");
    expect(weights.sha256).toBe(bundled.sha256);
    // the range of numbers that are known is the one that they were trained with, in whatever file they come
    expect(weights).toMatchObject({ source: "file", origin: shared, inputRange: [0, 1] });
    expect(notices).toEqual([expect.stringMatching(/are the bundled ones.*\[0, 1\].*`inputRange: a,b`/)]);
  },
);

test("a quantised tfjs model.json gives the bundled hash; its own head is left out and named", async () => {
  const { model, shards } = readNsfwjsModel();
  const own = join(folder, "tfjs");
  mkdirSync(own);
  writeFileSync(join(own, "model.json"), JSON.stringify(model));
  const paths = model.weightsManifest.flatMap((group) => group.paths);
  for (const [i, path] of paths.entries()) writeFileSync(join(own, path), shards[i] ?? "");
  const weights = await load(join(own, "model.json"));
  expect(weights.sha256).toBe(bundled.sha256);
  expect(notices[0]).toMatch(/has a top, which is left out: dense_1\/kernel, dense_1\/bias/);
});

/** A zip with one stored file: what Keras's .keras archives are. */
function storedZip(name: string, bytes: Uint8Array): Buffer {
  const shared = Buffer.alloc(22);
  shared.writeUInt16LE(20, 0); // version, then flags, method, time and date 0
  shared.writeUInt32LE(crc32(bytes), 10);
  shared.writeUInt32LE(bytes.length, 14);
  shared.writeUInt32LE(bytes.length, 18);
  const nameLength = Buffer.from([name.length, 0, 0, 0]);
  const local = Buffer.concat([Buffer.from("PK\x03\x04"), shared, nameLength, Buffer.from(name), bytes]);
  const central = Buffer.concat([
    Buffer.from("PK\x01\x02\x14\0"),
    shared,
    nameLength,
    Buffer.alloc(14), // no comment, attributes 0, at offset 0
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(18);
  end.writeUInt16LE(1, 4);
  end.writeUInt16LE(1, 6);
  end.writeUInt32LE(central.length, 8);
  end.writeUInt32LE(local.length, 12);
  return Buffer.concat([local, central, Buffer.from("PK\x05\x06"), end]);
}

const VARIABLES = ["beta", "moving_mean", "moving_variance"];

/** Keras 3's archive before 3.8: layers counted from 0 as the model lists them, variables numbered, no names. */
function kerasThreePath(name: string): string {
  const [, kind = "", number, variable = ""] = /^(\w+?)_(\d+)\/(.+)$/.exec(name) ?? [];
  const rank = GRAPH_ORDER.indexOf(Number(number));
  return `layers/${rank === 0 ? kind : `${kind}_${rank}`}/vars/${Math.max(0, VARIABLES.indexOf(variable))}`;
}

test("a .keras archive that keeps no layer names is matched by the order of its layers", async () => {
  const tensors = [...bundled.tensors].map(([name, tensor]): [string, WeightTensor] => [
    kerasThreePath(name),
    tensor,
  ]);
  const optimiser: [string, WeightTensor] = ["optimizer/vars/1", { shape: [2], data: new Float32Array(2) }];
  const path = join(folder, "model.keras");
  writeFileSync(path, storedZip("model.weights.h5", await writeHdf5([...tensors, optimiser])));
  expect((await load(path)).sha256).toBe(bundled.sha256);
});
