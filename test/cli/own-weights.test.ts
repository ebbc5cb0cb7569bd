import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, describe, expect, it } from "vitest";
import { itLong } from "../long.ts";
import {
  copyPhotos,
  type GraftResult,
  graft,
  jsonLines,
  photos,
  SMALL_TRUNK,
  startGraft,
  temporaryFolder,
} from "./run-graft.ts";

// a head that has hardly learned anything, so that the tail's epochs are the better ones on every processor
const TAIL = ["--fine-tune", "mixed2", "--fine-tune-epochs", "2", "--fine-tune-learning-rate", "1e-3"];
const FIRST = [...SMALL_TRUNK, "--epochs", "1", "--learning-rate", "1e-6", ...TAIL];
/** The same cut and size from weights of an own. */
const FROM = (weights: string): string[] => ["--weights", weights, "--cut", "mixed2", "--size", "75"];

interface Manifest {
  readonly weights: {
    readonly source: string;
    readonly sha256: string;
    readonly inputRange: readonly number[];
  };
  readonly fineTuned?: string;
}
const manifestOf = async (folder: string): Promise<Manifest> =>
  JSON.parse(await readFile(join(folder, "graft.json"), "utf8"));

let home = "";
let set = "";
/** A fine-tuned model, and one that was trained on its trunk. */
let first = "";
let second = "";
let trained: GraftResult;

async function succeed(words: readonly string[], options: { cwd?: string } = {}): Promise<GraftResult> {
  const result = await graft(words, home, options);
  expect(result.code, result.stderr).toBe(0);
  return result;
}

describe.skipIf(photos === undefined)("a training that starts from a model of graft", () => {
  beforeAll(async () => {
    home = await temporaryFolder("own-weights");
    set = join(home, "photos");
    first = join(home, "first");
    second = join(home, "second");
    await copyPhotos(set, 10);
    await succeed(["train", set, ...FIRST, "--out", first]);
    trained = await succeed(["train", set, ...FROM(first), "--epochs", "3", "--out", second]);
  });

  it("takes the trunk as it was trained, with its range, and says so", async () => {
    expect((await manifestOf(first)).fineTuned).toBe("mixed2");
    expect(trained.stderr).toMatch(
      /first is a graft model: its trunk is used as trained, up to mixed2, .*\[0, 1\]/,
    );
    const { weights } = await manifestOf(second);
    expect(weights).toMatchObject({ source: "file", origin: first, inputRange: [0, 1] });
    expect(weights.sha256).not.toBe((await manifestOf(first)).weights.sha256);
  });

  itLong("has one identity by the folder, by each of its files, and by its exports", async () => {
    const { sha256 } = (await manifestOf(second)).weights;
    const exported = ["h5", "keras", "tfjs"].map(
      (format) => [format, join(home, `export.${format}`)] as const,
    );
    for (const [format, out] of exported) await succeed(["export", second, "--format", format, "--out", out]);
    const places = [join(first, "model.json"), join(first, "graft.json"), second];
    const [h5 = "", keras = "", tfjs = ""] = exported.map(([, out]) => out);
    for (const place of [...places, h5, keras, join(tfjs, "model.json")]) {
      const out = join(home, "f.npy");
      await succeed(["features", set, ...FROM(place), "--out", out, "--force"]);
      const { weights } = JSON.parse(await readFile(join(home, "f.json"), "utf8"));
      expect(weights, place).toMatchObject({ sha256, inputRange: [0, 1] });
    }
  });

  it("gives a model that evaluate finds as good as the training said, also when it is fine-tuned again", async () => {
    const third = join(home, "third");
    const words = ["train", set, ...FROM(second), "--epochs", "1", "--learning-rate", "1e-6", ...TAIL];
    const { stdout } = await succeed([...words, "--json", "--out", third]);
    const events = jsonLines(stdout);
    const phases = events.filter(({ type }) => type === "phase-start").map(({ phase }) => phase);
    expect(phases).toEqual(["scan", "trunk", "features", "head", "fine-tune", "save"]);
    const { valAccuracy } = Object(events.at(-1)?.metrics);
    const evaluated = await succeed(["evaluate", third, set, "--json"]);
    expect(jsonLines(evaluated.stdout)[0]?.accuracy).toBe(valAccuracy);
    const exported = await succeed([
      "export",
      third,
      "--format",
      "onnx",
      "--out",
      join(home, "third.onnx"),
      "--json",
    ]);
    expect(jsonLines(exported.stdout)[0]?.largestDifference).toBeLessThan(1e-5);
  });

  it("is refused at a cut that the model does not reach, with the one that it does", async () => {
    const { code, stderr } = await graft(["train", set, ...FROM(first), "--cut", "mixed3"], home);
    expect(code).toBe(1);
    expect(stderr).toMatch(/first has the trunk up to mixed2, and the cut is mixed3.*--cut mixed2/);
    const swept = await graft(
      ["sweep", set, "--weights", first, "--sizes", "75", "--cuts", "mixed0,mixed4"],
      home,
    );
    expect(swept.code).toBe(1);
    expect(swept.stderr).toMatch(/up to mixed2, and the cut is mixed4/);
  });

  it("is refused where a file of the model is not what was written", async () => {
    const broken = join(home, "broken");
    await succeed(["train", set, ...SMALL_TRUNK, "--epochs", "1", "--out", broken]);
    const path = join(broken, "weights.bin");
    const bytes = await readFile(path);
    bytes[1000] = (bytes[1000] ?? 0) ^ 1;
    await writeFile(path, bytes);
    const { code, stderr } = await graft(["train", set, ...FROM(broken)], home);
    expect(code).toBe(1);
    expect(stderr).toMatch(/weights\.bin/);
  });

  it("goes on in another folder than it was started in, to the numbers of one that never stopped", async () => {
    const long = ["--batch-size", "2", "--epochs", "120", "--no-early-stop", "--json"];
    const words = ["train", set, ...FROM("first"), ...long];
    const losses = (...outputs: string[]): unknown[] =>
      outputs.flatMap((text) =>
        jsonLines(text)
          .filter(({ type }) => type === "epoch-end")
          .map(({ loss }) => loss),
      );
    const whole = await succeed(words, { cwd: home });
    const started = startGraft(words, home, { cwd: home });
    await started.waitFor(/"epoch":10,/);
    started.child.kill("SIGINT");
    const stopped = await started.done;
    expect(stopped.code, stopped.stderr).toBe(130);
    const run = String(jsonLines(stopped.stdout)[0]?.run);
    const resumed = await succeed(["runs", "resume", run, "--json"]);
    expect(losses(stopped.stdout, resumed.stdout)).toEqual(losses(whole.stdout));
  });

  it("takes a run's id for its model", async () => {
    const { stdout } = await succeed(["train", set, ...SMALL_TRUNK, "--epochs", "1", "--json"]);
    const run = String(jsonLines(stdout)[0]?.run);
    const { stderr } = await succeed(["train", set, ...FROM(run), "--epochs", "1"]);
    expect(stderr).toMatch(/model is a graft model.*up to mixed2/);
  });
});
