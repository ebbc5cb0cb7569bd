// npm run bench -w @graft/test: graft's figures, then Keras's on the same machine (KERAS_PYTHON=a Python with keras, see
// keras_baseline.py; KERAS_WEIGHTS and KERAS_DATA add both whole jobs, graft's with its process's start and the model's
// writing), then how many times faster graft is. KERAS_DATA is a folder with train/ and validation/.
import { spawnSync } from "node:child_process";
import { resolve } from "node:path";
import { z } from "zod";

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

const folder = import.meta.dirname;
const node = (file: string, ...words: readonly string[]): Figures =>
  figuresOf(process.execPath, [...process.execArgv, resolve(folder, file), ...words]);
const { KERAS_PYTHON, KERAS_WEIGHTS, KERAS_DATA } = process.env;
const graft = {
  ...node("bench-speeds.ts", ...(KERAS_DATA ? [KERAS_DATA] : [])),
  ...(KERAS_DATA ? node("bench-job.ts", KERAS_DATA) : {}),
};
if (!KERAS_PYTHON) {
  console.log(
    "No comparison: set KERAS_PYTHON to a Python with Keras (test/bench/keras_baseline.py says how).",
  );
} else {
  const job = KERAS_WEIGHTS && KERAS_DATA ? ["--weights", KERAS_WEIGHTS, "--data", KERAS_DATA] : [];
  const keras = figuresOf(KERAS_PYTHON, [resolve(folder, "keras_baseline.py"), ...job]);
  console.log("graft against Keras, times faster");
  for (const [name, ours] of Object.entries(graft)) {
    const whole = keras[name.replace("fineTune", "fineTuneWhole")];
    if (name.startsWith("fineTune") && whole !== undefined)
      console.log(`  ${"fineTune against Keras's whole net".padEnd(40)}${(ours / whole).toFixed(2)}`);
    // the second job is compared with Keras's only one: it starts anew each time; int8 with Keras's float32
    const theirs = keras[name.replace("AgainSeconds", "FitSeconds").replace("trunkInt8", "trunk")];
    if (theirs === undefined) continue;
    // an accuracy is no speed: both stand above
    if (name.endsWith("Accuracy")) continue;
    const ratio = /(Ms|Seconds)$/.test(name) ? theirs / ours : ours / theirs;
    console.log(`  ${name.padEnd(40)}${ratio.toFixed(2)}`);
  }
}
