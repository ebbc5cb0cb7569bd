// node --conditions=graft-source --import tsx test/bench/bench-browser.ts: the engines of a page beside Node's, in turn, on
// this machine: InceptionV3 to mixed7 at 150 pixels in batches of 8 (float32 and int8), and a step of the classic head.
// ROUNDS (3): a shared machine changes its speed within minutes, so each round gives a ratio, and the middle one counts.
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { createOnnxBackend } from "@graft/backend-select";
import * as z from "zod";
import { openBrowser, whyNoBrowser } from "../browser/open-browser.ts";
import { printFigures } from "./figures.ts";
import { type EngineSpeed, engineSpeed } from "./speed-cases.ts";

const Speed = z.object({
  trunkImagesPerSecond: z.number(),
  trunkInt8ImagesPerSecond: z.number().exactOptional(),
  classicStepMs: z.number(),
});

interface Contender {
  readonly name: string;
  readonly speed: () => Promise<EngineSpeed>;
}

const absent = whyNoBrowser();
if (absent !== undefined) throw new Error(absent);
const threads = availableParallelism();
await using browser = await openBrowser();

async function inPage(name: string, opening: object, isolated: boolean): Promise<Contender> {
  const worker = await browser.openWorker(join(import.meta.dirname, "browser-speed-worker.ts"), { isolated });
  console.log(`${name}: ${z.string().parse(await worker.call("open", opening))}`);
  return { name, speed: async () => Speed.parse(await worker.call("speed")) };
}

await using node = await createOnnxBackend({ provider: "cpu", threads });
const reference: Contender = { name: "Node onnx:cpu", speed: () => engineSpeed(node) };
console.log(`${reference.name}: ${node.device.name}; Chromium ${browser.version}`);
const pages = [
  await inPage("onnx:wasm 1 thread", { engine: "onnx", threads: 1 }, true),
  ...(threads > 1 ? [await inPage(`onnx:wasm ${threads} threads`, { engine: "onnx", threads }, true)] : []),
  await inPage("onnx:wasm, as chosen", { engine: "onnx" }, true),
  await inPage("onnx:wasm, not isolated", { engine: "onnx" }, false),
  await inPage("tfjs:wasm", { engine: "tfjs" }, true),
];

const rounds: ReadonlyMap<string, EngineSpeed>[] = [];
for (let round = 0; round < Number(process.env.ROUNDS ?? "3"); round++) {
  const speeds = new Map<string, EngineSpeed>();
  for (const { name, speed } of [reference, ...pages]) speeds.set(name, await speed());
  rounds.push(speeds);
}

const CASES = [
  ["trunk, images/s", (speed: EngineSpeed) => speed.trunkImagesPerSecond],
  ["trunk in int8, images/s", (speed: EngineSpeed) => speed.trunkInt8ImagesPerSecond],
  ["classic step, ms", (speed: EngineSpeed) => speed.classicStepMs],
] as const;
const middle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? Number.NaN;

const figures: Record<string, number> = {};
for (const [title, figureOf] of CASES)
  for (const { name } of [reference, ...pages]) {
    const pairs = rounds.flatMap((speeds) => {
      const [own, base] = [speeds.get(name), speeds.get(reference.name)].map(
        (speed) => speed && figureOf(speed),
      );
      return own === undefined || base === undefined ? [] : [{ own, base }];
    });
    if (pairs.length === 0) continue;
    figures[`${name}: ${title}`] = middle(pairs.map(({ own }) => own));
    if (name === reference.name) continue;
    const isTime = title.endsWith("ms");
    figures[`${name}: ${title.split(",")[0]}, times slower than Node`] = middle(
      pairs.map(({ own, base }) => (isTime ? own / base : base / own)),
    );
  }
printFigures("a page's engines beside Node's", figures);
