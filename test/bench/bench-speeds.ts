// node --conditions=graft-source --import tsx test/bench/bench-speeds.ts [DATA]: what `graft bench` prints (trunk, features
// from photos, train steps), each the fastest of several runs, as one line of figures.
import * as z from "zod";
import { printFigures } from "./figures.ts";
import { runCommand, withHome } from "./graft-command.ts";

const Speeds = z.looseObject({
  backend: z.string(),
  trunkBatch32ImagesPerSecond: z.number(),
  featuresFromPhotosPerSecond: z.number(),
});

const [data = "emoji"] = process.argv.slice(2);
const { lines } = await withHome((home) =>
  runCommand(["bench", data, "--backend", "onnx:cpu", "--json"], home),
);
const speeds = Speeds.parse(JSON.parse(lines.at(-1) ?? ""));
const figures: Record<string, number> = {};
for (const [name, value] of Object.entries(speeds))
  if (typeof value === "number" && /(Second|Ms)$/.test(name)) figures[name] = value;
figures.featuresShareOfTrunk = speeds.featuresFromPhotosPerSecond / speeds.trunkBatch32ImagesPerSecond;
printFigures(`graft ${speeds.backend}`, figures);
