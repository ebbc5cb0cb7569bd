import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createOnnxBackend } from "@graft/backend-select";
import type { Backend, Model, TrunkRow } from "@graft/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Engine } from "../../apps/server/src/predict/engine.ts";
import { openLanes } from "../../apps/server/src/predict/trunk-lanes.ts";
import { type HeldTrunk, TrunkRoom } from "../../apps/server/src/predict/trunk-room.ts";
import { collectGarbage } from "../collect-garbage.ts";
import { patchImages } from "../export/formats.ts";
import { randomWeights, sampleModel } from "../export/sample-model.ts";

const weights = randomWeights("mixed1");
const gap: Model = sampleModel({
  weights,
  recipe: "gap",
  cut: "mixed1",
  size: 75,
  labels: ["a", "b"],
  unlikeAbove: 0.5,
});
const images = patchImages(6, 75);
const never = new AbortController().signal;

let home: string;
let backend: Backend;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "graft-lanes-"));
  backend = await createOnnxBackend({ provider: "cpu", threads: 2 });
});
afterAll(async () => {
  await backend.dispose();
  await rm(home, { recursive: true, force: true });
});

const rowsOf = (trunk: HeldTrunk): Promise<readonly TrunkRow[]> =>
  Promise.all(images.map((image) => trunk.line.add(image, never, (row) => row)));

/** Asks until lanes, which are opened when several images wait the first time, have computed some. */
async function rowsFromLanes(trunk: HeldTrunk, engine: Engine): Promise<readonly TrunkRow[]> {
  for (;;) {
    const before = engine.counts.runs;
    const rows = await rowsOf(trunk);
    // on the whole engine it is one
    if (engine.counts.runs - before === 2) return rows;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The trunk of a model that nobody else has. */
async function takeNew(
  room: TrunkRoom,
): Promise<{ readonly trunk: HeldTrunk; readonly model: WeakRef<Model> }> {
  const model = sampleModel({
    ...{ weights: randomWeights("mixed1"), recipe: "gap", cut: "mixed1", size: 75, labels: ["a", "b"] },
  });
  return { trunk: await room.take(model, { features: false }), model: new WeakRef(model) };
}

describe("lanes of an engine", () => {
  it("give images that wait together the bits that the whole engine gives", async () => {
    await using lanes = openLanes("onnx:cpu", { home, threads: 2 });
    expect(lanes.all).toHaveLength(2);
    const engine = new Engine(backend);
    const alone = await new TrunkRoom(engine).take(gap, { features: false });
    const room = new TrunkRoom(engine, { lanes: lanes.all, laneBytes: 1e9 });
    const beside = await room.take(gap, { features: false });
    const expected = await rowsOf(alone);
    expect(await rowsFromLanes(beside, engine)).toEqual(expected);
    beside.release();
    alone.release();
  });

  it("leave nothing of a model's numbers in this thread once each has its own", async () => {
    await using lanes = openLanes("onnx:cpu", { home, threads: 2 });
    const engine = new Engine(backend);
    const { trunk, model } = await takeNew(new TrunkRoom(engine, { lanes: lanes.all, laneBytes: 1e9 }));
    await rowsFromLanes(trunk, engine);
    collectGarbage();
    expect(model.deref() === undefined).toBe(true);
    trunk.release();
  });

  it("that there are not need no model's numbers", async () => {
    const { trunk, model } = await takeNew(new TrunkRoom(new Engine(backend)));
    await trunk.line.add(images[0] ?? new Uint8Array(), never, (row) => row);
    collectGarbage();
    expect(model.deref() === undefined).toBe(true);
    trunk.release();
  });

  it("are not used where their memory is short, for another engine, or by one thread", async () => {
    const lanes = openLanes("onnx:cpu", { home, threads: 2 }).all;
    const bytesWith = async (laneBytes: number): Promise<number> => {
      const room = new TrunkRoom(new Engine(backend), { lanes, laneBytes });
      const trunk = await room.take(gap, { features: false });
      const { bytes } = room;
      trunk.release();
      return bytes;
    };
    const once = await bytesWith(1e6);
    expect(await bytesWith(1e9)).toBe(3 * once);
    expect(openLanes("webgpu:tfjs", { home, threads: 8 }).all).toEqual([]);
    expect(openLanes("onnx:cpu", { home, threads: 1 }).all).toEqual([]);
    expect(openLanes("onnx:cpu", { home, threads: 16 }).all).toHaveLength(4);
  });
});
