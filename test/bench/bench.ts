// npm run bench -w @graft/test: graft's figures and Keras's on the same machine, in turn (KERAS_PYTHON=a Python with keras,
// see keras_baseline.py; KERAS_WEIGHTS and KERAS_DATA add both whole jobs, graft's with its process's start and the model's
// writing), then how many times faster graft is. KERAS_DATA is a folder with train/ and validation/. ROUNDS (3) of speeds:
// a shared machine changes its speed within minutes, so each round gives a ratio, and the middle one counts.
// Where there is a Chromium, the engines of a page beside Node's come last (bench-browser.ts).
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import * as z from "zod";
import { chromiumPath, NO_CHROMIUM } from "../setup/chromium.ts";

const Line = z.object({ engine: z.string(), figures: z.record(z.string(), z.number()) });
type Figures = z.infer<typeof Line>["figures"];

/** Runs one bench in a process of its own, so that no thread pool of another engine is in its way. */
function figuresOf(command: string, words: readonly string[]): Figures {
  const { stdout, status, error } = spawnSync(command, words, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`${command} ${words.join(" ")} ended with ${status}`, { cause: error });
  const line = Line.parse(JSON.parse(stdout.trim().split("\n").at(-1) ?? ""));
  console.log(line.engine);
  for (const [name, value] of Object.entries(line.figures))
    console.log(`  ${name.padEnd(40)}${value.toPrecision(4)}`);
  return line.figures;
}

/** The figures of Keras that one of graft's is held against, and what the comparison is called. */
function opponents(name: string): { readonly figure: string; readonly title: string }[] {
  // an accuracy is no speed: both stand among the figures
  if (name.endsWith("Accuracy")) return [];
  // the second job is compared with Keras's only one: it starts anew each time; int8 with Keras's float32
  const figure = name.replace("AgainSeconds", "FitSeconds").replace("trunkInt8", "trunk");
  if (name !== "fineTuneImagesPerSecond") return [{ figure, title: name }];
  return [
    { figure: "fineTuneWholeImagesPerSecond", title: "fineTune against Keras's whole net" },
    { figure, title: "fineTune against its tail, cached" },
  ];
}

/** How many times faster graft is in one round, by comparison. */
function ratios(graft: Figures, keras: Figures): Map<string, number> {
  const found = new Map<string, number>();
  for (const [name, ours] of Object.entries(graft))
    for (const { figure, title } of opponents(name)) {
      const theirs = keras[figure];
      if (theirs === undefined) continue;
      found.set(title, /(Ms|Seconds)$/.test(name) ? theirs / ours : ours / theirs);
    }
  return found;
}

const folder = import.meta.dirname;
const node = (file: string, ...words: readonly string[]): Figures =>
  figuresOf(process.execPath, [...process.execArgv, resolve(folder, file), ...words]);
const { KERAS_PYTHON, KERAS_WEIGHTS, KERAS_DATA, ROUNDS = "3" } = process.env;
const keras = (...words: readonly string[]): Figures =>
  KERAS_PYTHON ? figuresOf(KERAS_PYTHON, [resolve(folder, "keras_baseline.py"), ...words]) : {};

const rounds: Map<string, number>[] = [];
for (let round = 0; round < (KERAS_PYTHON ? Number(ROUNDS) : 1); round++)
  rounds.push(ratios(node("bench-speeds.ts", ...(KERAS_DATA ? [KERAS_DATA] : [])), keras()));
if (KERAS_DATA) {
  const job = node("bench-job.ts", KERAS_DATA);
  if (KERAS_WEIGHTS) rounds.push(ratios(job, keras("--weights", KERAS_WEIGHTS, "--data", KERAS_DATA)));
}
if (chromiumPath() === undefined) console.log(`No figures of a page: ${NO_CHROMIUM}.`);
else node("bench-browser.ts");
if (KERAS_PYTHON) {
  console.log("graft against Keras, times faster: the middle round (the least, the most)");
  for (const title of new Set(rounds.flatMap((round) => [...round.keys()]))) {
    const sorted = rounds.flatMap((round) => round.get(title) ?? []).sort((a, b) => a - b);
    const [least = 0, most = 0] = [sorted[0], sorted.at(-1)];
    const middle = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0;
    const spread = sorted.length > 1 ? `  (${least.toFixed(2)}, ${most.toFixed(2)})` : "";
    console.log(`  ${title.padEnd(40)}${middle.toFixed(2)}${spread}`);
  }
} else {
  console.log(
    "No comparison: set KERAS_PYTHON to a Python with Keras (test/bench/keras_baseline.py says how).",
  );
}
