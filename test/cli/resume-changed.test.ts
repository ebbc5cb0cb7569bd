import { mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { WeightTensor } from "@graft/core";
import { encodeImage, loadWeights } from "@graft/core/node";
import { testRandom } from "@graft/core/testing";
import { beforeAll, describe, expect, it } from "vitest";
import { itLong } from "../long.ts";
import { writeHdf5 } from "../weights/write-hdf5.ts";
import { graft, jsonLines, SMALL_TRUNK, startGraft, temporaryFolder } from "./run-graft.ts";

// many small steps, so that it is stopped in the midst of them
const COURSE = ["--batch-size", "2", "--epochs", "4000", "--no-early-stop", "--json"];

/** Classes of noise in a colour of their own. */
async function makeSet(folder: string, labels: readonly string[], perClass: number): Promise<void> {
  const random = testRandom(1);
  for (const [at, label] of labels.entries()) {
    await mkdir(join(folder, label), { recursive: true });
    for (let i = 0; i < perClass; i++) {
      const data = Uint8Array.from({ length: 32 * 32 * 3 }, (_, byte) =>
        byte % 3 === at ? random.int(150, 255) : random.int(0, 100),
      );
      await writeFile(
        join(folder, label, `${label}-${i}.png`),
        await encodeImage({ width: 32, height: 32, data }, { format: "png" }),
      );
    }
  }
}

/** Trains until `seen` is written, then stops it. @returns the run's id. */
async function stopped(words: readonly string[], home: string, seen: RegExp): Promise<string> {
  const started = startGraft(["train", ...words], home);
  await started.waitFor(seen);
  started.child.kill("SIGINT");
  const { code, stdout, stderr } = await started.done;
  expect(code, stderr).toBe(130);
  return String(jsonLines(stdout)[0]?.run);
}

let home = "";
beforeAll(async () => {
  home = await temporaryFolder("changed");
});

describe("a stopped run whose data set changed", () => {
  let set = "";
  let run = "";
  const resume = () => graft(["runs", "resume", run], home);
  const checkpoints = () => readdir(join(home, "runs", run, "checkpoints"));
  beforeAll(async () => {
    set = join(home, "set");
    await makeSet(set, ["birds", "cats", "dogs"], 6);
    run = await stopped([set, ...SMALL_TRUNK, ...COURSE], home, /"epoch":3,/);
  });

  it.each([
    ["a class renamed", "birds", "zebras", "its classes changed (birds → zebras)."],
    [
      "an image in another class",
      "cats/cats-1.png",
      "dogs/cats-1.png",
      "1 of its images is in a different class from the one at the start. Received: cats/cats-1.png (now dogs/cats-1.png).",
    ],
    ["a class gone", "birds", "../birds", "its classes changed (birds is gone)."],
    ["itself moved", "", "../elsewhere", "its data set is gone."],
  ])("does not go on with %s, and keeps its checkpoint", async (_, from, to, expected) => {
    const before = await checkpoints();
    await rename(join(set, from), join(set, to));
    const { code, stderr } = await resume();
    await rename(join(set, to), join(set, from));
    expect(code).toBe(1);
    expect(stderr).toContain(`The run ${run} cannot resume: ${expected}`);
    expect(await checkpoints()).toEqual(before);
  });

  it("does not go on with a class more", async () => {
    await makeSet(join(home, "more"), ["eels"], 3);
    await rename(join(home, "more", "eels"), join(set, "eels"));
    const { code, stderr } = await resume();
    await rm(join(set, "eels"), { recursive: true });
    expect(code).toBe(1);
    expect(stderr).toContain("its classes changed (eels is new).");
  });

  it("does not go on with an image in another class where images.json was cut", async () => {
    const path = join(home, "runs", run, "images.json");
    const whole = await readFile(path, "utf8");
    await writeFile(path, whole.slice(0, whole.length / 2));
    await rename(join(set, "cats/cats-1.png"), join(set, "dogs/cats-1.png"));
    const { code, stderr } = await resume();
    await rename(join(set, "dogs/cats-1.png"), join(set, "cats/cats-1.png"));
    await writeFile(path, whole);
    expect(code).toBe(1);
    expect(stderr).toContain("its images, or the classes that they are in, changed.");
  });

  it("goes on with an image that was moved inside its class", async () => {
    await mkdir(join(set, "cats", "inner"));
    await rename(join(set, "cats/cats-1.png"), join(set, "cats/inner/renamed.png"));
    const started = startGraft(["runs", "resume", run, "--json"], home);
    await started.waitFor(/"type":"epoch-end"/);
    started.child.kill("SIGINT");
    const { code, stdout } = await started.done;
    expect(code).toBe(130);
    const start = jsonLines(stdout).find(({ type }) => type === "run-start");
    expect(start).toMatchObject({ resumedFromEpoch: expect.any(Number) });
  });
});

describe("a run that was stopped before its first checkpoint", () => {
  itLong(
    "does not go on with other weights in the file that it began with",
    async () => {
      const set = join(home, "many");
      await makeSet(set, ["cats", "dogs"], 100);
      const bundled = await loadWeights({ weights: "bundled", home, env: {}, fetch });
      const path = join(home, "w.h5");
      const write = async (factor: number): Promise<void> => {
        const tensors = [...bundled.tensors].map(([name, { shape, data }]): [string, WeightTensor] => [
          `${name}:0`,
          { shape, data: data.map((value) => value * factor) },
        ]);
        await writeFile(path, await writeHdf5(tensors));
      };
      await write(1);
      const words = [set, "--weights", path, "--input-range", "0,1", "--json"];
      const run = await stopped(words, home, /"phase":"features"/);
      expect(await readdir(join(home, "runs", run))).not.toContain("checkpoints");
      const record = await readFile(join(home, "runs", run, "run.json"), "utf8");
      await write(1.02);
      const { code, stderr } = await graft(["runs", "resume", run], home);
      expect(code).toBe(1);
      expect(stderr).toContain(
        `The run ${run} cannot resume: the trunk's weights changed. Received: ${path} with sha256`,
      );
      expect(await readFile(join(home, "runs", run, "run.json"), "utf8")).toBe(record);
      // bundled weights have the same numbers, and a copy in their old place will do
      await write(1);
      const back = startGraft(["runs", "resume", run], home);
      await back.waitFor(/Run .*: 2 classes/);
      back.child.kill("SIGINT");
      expect((await back.done).code).toBe(130);
    },
    120_000,
  );
});
