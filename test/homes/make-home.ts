/**
 * Makes a small home with a given graft, for the tests that later versions go on with it:
 *
 *   node --import tsx test/homes/make-home.ts apps/cli/bundle/main.js
 *
 * writes test/homes/fixtures/VERSION-COMMIT.tar.br and VERSION-COMMIT.json (what that graft printed). The program must be as
 * built from its repository's HEAD, the sets of `packages/core/assets` beside it.
 */
import { execFileSync, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { cpuIdentity } from "./cpu-identity.ts";
import { cacheOf, courseOf, type ExpectedHome, expectedSchema, predictionsOf, scoredOf } from "./expected.ts";
import { packHome } from "./home-archive.ts";

const ROOT = resolve(import.meta.dirname, "../..");
const FIXTURES = join(import.meta.dirname, "fixtures");
const LABELS = ["animal", "food"];
const PER_CLASS = 5;
const SMALL = ["--weights", "bundled", "--cut", "mixed0", "--size", "75", "--backend", "onnx:cpu"];
const STEPS = [...SMALL, "--batch-size", "1", "--no-early-stop", "--json"];
const FINISHED = [...STEPS, "--epochs", "5"];
const OUT = [...STEPS, "--epochs", "3", "--seed", "2", "--out", "model"];
const HEAD = [...STEPS, "--epochs", "40", "--seed", "3"];
const TAIL = [
  ...[...STEPS, "--epochs", "3", "--cache-type", "float16", "--fine-tune", "conv2d_11"],
  // without momentum, so that the checkpoint has no slots of the tail's 90,000 parameters: a third of the bytes
  ...["--optimizer", "sgd", "--fine-tune-epochs", "40", "--fine-tune-learning-rate", "1e-3"],
];

type Line = Record<string, unknown>;
interface Place {
  readonly program: string;
  /** Holds the set, the home and the model. */
  readonly root: string;
  readonly home: string;
}

const linesOf = (stdout: string): Line[] =>
  stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Line => JSON.parse(line));

/** @param stopAt an interrupt is sent once this was printed; the process must then end as interrupted. */
async function graft(
  { program, root, home }: Place,
  words: readonly string[],
  stopAt?: RegExp,
): Promise<Line[]> {
  const env = { ...process.env, GRAFT_OFFLINE: "1", GRAFT_HOME: home };
  const stdio = ["ignore", "pipe", "inherit"] as const;
  const child = spawn(process.execPath, [program, ...words], { cwd: root, env, stdio: [...stdio] });
  let stdout = "";
  let isStopped = false;
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (isStopped || !stopAt?.test(stdout)) return;
    isStopped = true;
    child.kill("SIGINT");
  });
  const code = await new Promise((settle) => child.on("close", settle));
  if (code !== (stopAt ? 130 : 0)) throw new Error(`graft ${words.join(" ")} ended with ${code}`);
  return words.includes("--json") ? linesOf(stdout) : [];
}

const runOf = (events: readonly Line[]): string => String(events[0]?.run);

/** Trains until it is stopped with a begun epoch in its checkpoint, and once more to the end, elsewhere. */
async function stopped(
  place: Place,
  phase: "head" | "fine-tune",
  words: readonly string[],
): Promise<ExpectedHome["resumable"][number]> {
  const whole = { ...place, home: join(place.root, "whole") };
  const course = courseOf(await graft(whole, ["train", "pictures", ...words]));
  await rm(whole.home, { recursive: true });
  for (let attempt = 0; attempt < 20; attempt++) {
    const events = await graft(place, ["train", "pictures", ...words], /"epoch":12,/);
    const run = runOf(events);
    const files = await readdir(join(place.home, "runs", run, "checkpoints"));
    if (files.some((name) => name.includes("-step-")) && events.some((event) => event.phase === phase))
      return { run, phase, epochs: Number(events.at(-1)?.epochs), course };
    await graft(place, ["runs", "delete", run]);
  }
  throw new Error("no interrupt came within an epoch");
}

async function copyPictures(from: string, to: string): Promise<string[]> {
  const paths: string[] = [];
  for (const label of LABELS) {
    await mkdir(join(to, label), { recursive: true });
    for (const name of (await readdir(join(from, label))).sort().slice(0, PER_CLASS)) {
      await cp(join(from, label, name), join(to, label, name));
      paths.push(`pictures/${label}/${name}`);
    }
  }
  return paths;
}

async function fill(place: Place, commit: string): Promise<ExpectedHome> {
  const { root, program, home } = place;
  const paths = await copyPictures(join(ROOT, "packages/core/assets/emoji"), join(root, "pictures"));
  const finished = await graft(place, ["train", "pictures", ...FINISHED]);
  const run = runOf(finished);
  await graft(place, ["train", "pictures", ...OUT]);
  const resumable = [await stopped(place, "head", HEAD), await stopped(place, "fine-tune", TAIL)];
  const record = JSON.parse(await readFile(join(home, "runs", run, "run.json"), "utf8"));
  const version = execFileSync(process.execPath, [program, "--version"], { encoding: "utf8" }).trim();
  const predict = async (model: string) =>
    predictionsOf(await graft(place, ["predict", model, ...paths, "--backend", "onnx:cpu", "--json"]));
  const evaluation = await graft(place, ["evaluate", run, "pictures", "--backend", "onnx:cpu", "--json"]);
  const { engineVersion, threads } = record.backend;
  return expectedSchema.parse({
    ...{ graft: version, commit, machine: { cpu: await cpuIdentity(), engineVersion, threads } },
    ...{ finished: { run, course: courseOf(finished) }, resumable },
    ...{ predictions: await predict(run), outPredictions: await predict("model") },
    evaluation: scoredOf(evaluation[0]),
    cache: cacheOf((await graft(place, ["cache", "show", "--json"]))[0]),
  });
}

const program = resolve(process.argv[2] ?? join(ROOT, "apps/cli/bundle/main.js"));
const commit = execFileSync("git", ["-C", dirname(program), "rev-parse", "--short=7", "HEAD"], {
  encoding: "utf8",
}).trim();
const root = await realpath(await mkdtemp(join(tmpdir(), "graft-home-")));
try {
  const expected = await fill({ program, root, home: join(root, "home") }, commit);
  const name = join(FIXTURES, `${expected.graft}-${commit}`);
  await mkdir(FIXTURES, { recursive: true });
  await writeFile(`${name}.tar.br`, await packHome(root));
  await writeFile(`${name}.json`, `${JSON.stringify(expected, null, 2)}\n`);
} finally {
  await rm(root, { recursive: true, force: true });
}
