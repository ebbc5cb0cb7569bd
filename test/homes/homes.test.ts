import { cp, mkdir, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import * as z from "zod";
import { graft, jsonLines, temporaryFolder } from "../cli/run-graft.ts";
import { cpuIdentity } from "./cpu-identity.ts";
import { cacheOf, courseOf, type ExpectedHome, expectedSchema, predictionsOf, scoredOf } from "./expected.ts";
import { unpackHome } from "./home-archive.ts";

const FIXTURES = join(import.meta.dirname, "fixtures");
const names = (await readdir(FIXTURES))
  .filter((name) => name.endsWith(".json"))
  .map((name) => name.slice(0, -5));
const ON_CPU = ["--backend", "onnx:cpu"];
/** Another processor sums in another order; over some dozens of steps the losses drift apart by about that. */
const OTHER_MACHINE = 1e-3;
/** One pass without training. */
const ONE_PASS = 1e-5;

const commandSchema = z.object({ command: z.array(z.string()) });
const backendSchema = z.object({
  backend: z.object({ engineVersion: z.string(), threads: z.int().optional() }),
});
const epochsSchema = z.object({ epochEnds: z.array(z.record(z.string(), z.unknown())) });

type Line = Record<string, unknown>;

describe.each(names)("the home that graft %s made", (name) => {
  let expected: ExpectedHome;
  let root = "";
  let home = "";
  let isSameMachine = false;
  let isSameEngine = false;
  /** The finished run's training, once more on what the home has cached. */
  let again: Line[];
  let cacheBefore: ExpectedHome["cache"];
  let cacheAfter: ExpectedHome["cache"];

  beforeAll(async () => {
    expected = expectedSchema.parse(JSON.parse(await readFile(join(FIXTURES, `${name}.json`), "utf8")));
    root = await temporaryFolder("homes");
    home = join(root, "home");
    await unpackHome(join(FIXTURES, `${name}.tar.br`), root);
    cacheBefore = await cache();
    const [record] = await answer(["runs", "show", expected.finished.run]);
    const { command } = commandSchema.parse(record);
    again = await answer(command.filter((word) => word !== "--json"));
    cacheAfter = await cache();
    const [made] = await answer(["runs", "show", String(again[0]?.run)]);
    const { engineVersion, threads } = backendSchema.parse(made).backend;
    const { machine } = expected;
    isSameEngine = machine.engineVersion === engineVersion;
    isSameMachine =
      machine.cpu !== null &&
      machine.cpu === (await cpuIdentity()) &&
      isSameEngine &&
      machine.threads === threads;
  });

  const answer = async (words: readonly string[], inHome = home): Promise<Line[]> => {
    const { code, stdout, stderr } = await graft([...words, "--json"], inHome, { cwd: root });
    expect(code, stderr).toBe(0);
    return jsonLines(stdout);
  };
  const cache = async (inHome = home) => cacheOf((await answer(["cache", "show"], inHome))[0]);
  /** Equal to the last bit where the same processor and engine computed them. */
  const expectNumbers = (received: readonly number[], stored: readonly number[], tolerance: number): void => {
    expect(received.length).toBe(stored.length);
    if (isSameMachine) expect(received).toEqual(stored);
    received.forEach((value, i) => {
      const wanted = stored[i] ?? Number.NaN;
      expect(Math.abs(value - wanted) / Math.max(1, Math.abs(wanted)), `number ${i}`).toBeLessThan(tolerance);
    });
  };
  const expectCourse = (
    received: ExpectedHome["finished"]["course"],
    stored: typeof received,
    tolerance: number,
  ) => {
    expect(received.map(({ epoch }) => epoch)).toEqual(stored.map(({ epoch }) => epoch));
    const numbers = (course: typeof stored): number[] =>
      course.flatMap(({ loss, valLoss }) => [loss, valLoss]);
    expectNumbers(numbers(received), numbers(stored), tolerance);
  };
  /** Nothing was computed; another version of the engine has features of its own, beside the old ones. */
  const expectWarm = (after: ExpectedHome["cache"], before: typeof after): void => {
    if (isSameEngine) expect(after).toEqual(before);
    else expect(after.spaces).toEqual(expect.arrayContaining(before.spaces));
  };
  const runFolder = (run: string): string => join(home, "runs", run);

  it("keeps its features: the same training finds all of them, and comes to the same numbers", async () => {
    expect(cacheBefore).toEqual(expected.cache);
    expectWarm(cacheAfter, cacheBefore);
    expectCourse(courseOf(again), expected.finished.course, OTHER_MACHINE);
  });

  it("lists and shows its runs", async () => {
    const listed = new Map((await answer(["runs", "list"])).map(({ id, state }) => [id, state]));
    expect(listed.get(expected.finished.run)).toBe("completed");
    for (const { run, epochs } of expected.resumable) {
      expect(listed.get(run)).toBe("interrupted");
      const [shown] = await answer(["runs", "show", run]);
      expect(shown).toMatchObject({ state: "interrupted", epochs, datasetName: expect.any(String) });
    }
    const [shown] = await answer(["runs", "show", expected.finished.run]);
    const stored = expected.finished.course;
    expect(shown?.epochs).toBe(stored.length);
    expect(courseOf(epochsSchema.parse(shown).epochEnds)).toEqual(stored);
    const text = await graft(["runs", "show", expected.finished.run], home, { cwd: root });
    expect(text.code, text.stderr).toBe(0);
  });

  it("predicts and scores with its models as before", async () => {
    const models = [
      [expected.finished.run, expected.predictions],
      ["model", expected.outPredictions],
    ] as const;
    for (const [model, stored] of models) {
      const images = stored.map(({ image }) => image);
      const received = predictionsOf(await answer(["predict", model, ...images, ...ON_CPU]));
      expect(received.map(({ image, label }) => [image, label])).toEqual(
        stored.map(({ image, label }) => [image, label]),
      );
      const scores = (all: typeof received): number[] => all.flatMap((one) => Object.values(one.scores));
      expectNumbers(scores(received), scores(stored), ONE_PASS);
    }
    const [score] = await answer(["evaluate", expected.finished.run, "pictures", ...ON_CPU]);
    const { images, accuracy, loss } = scoredOf(score);
    expect({ images, accuracy }).toEqual({
      images: expected.evaluation.images,
      accuracy: expected.evaluation.accuracy,
    });
    expectNumbers([loss], [expected.evaluation.loss], ONE_PASS);
  });

  it.each([
    ["tfjs", ""],
    ["h5", ".h5"],
    ["keras", ".keras"],
    ["onnx", ".onnx"],
    ["onnx-int8", ".onnx"],
    ["node", ""],
    ["python", ""],
  ])("exports a model as %s", async (format, ending) => {
    const model = format.startsWith("onnx") || format === "tfjs" ? expected.finished.run : "model";
    const out = join(root, `export-${format}${ending}`);
    const [told] = await answer(["export", model, "--format", format, "--out", out, ...ON_CPU]);
    // 8-bit convolutions differ by design
    if (format !== "onnx-int8") expect(told?.largestDifference).toBeLessThan(1e-4);
  });

  it.each(["head", "fine-tune"] as const)(
    "goes on with the run that was stopped in its %s phase, to the numbers of one that never was",
    async (phase) => {
      const stored = expected.resumable.find((one) => one.phase === phase);
      if (!stored) throw new Error(`the fixture has no run that stopped in ${phase}`);
      const { run, epochs, course } = stored;
      const cached = await cache();
      const events = await answer(["runs", "resume", run]);
      const start = events.find(({ type }) => type === "run-start");
      expect(start).toMatchObject({ resumedFromEpoch: epochs });
      expect(events.at(-1)).toMatchObject({ type: "run-end", status: "completed", epochs: course.length });
      expectCourse(courseOf(events), course.slice(epochs), OTHER_MACHINE);
      expectWarm(await cache(), cached);
      expect(await readdir(join(runFolder(run), "model"))).toContain("graft.json");
    },
  );

  it("gives up its features when it is told to", async () => {
    const pruned = join(root, "pruned");
    await mkdir(join(pruned, "cache"), { recursive: true });
    await cp(join(home, "cache"), join(pruned, "cache"), { recursive: true });
    await answer(["cache", "prune"], pruned);
    const left = await cache(pruned);
    expect(left).toEqual({ entries: 0, bytes: 0, spaces: [] });
  });
});
