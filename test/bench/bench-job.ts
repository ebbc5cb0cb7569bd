// node --conditions=graft-source --import tsx test/bench/bench-job.ts DATA [epochs]: the whole job as a command, from a
// folder with train/ and validation/ to a model: both recipes without augmentation and early stop, with nothing cached
// and then again; and one photo's prediction in a new process. The seconds are the whole process's.
import { readdirSync } from "node:fs";
import { resolve } from "node:path";
import * as z from "zod";
import { printFigures } from "./figures.ts";
import { runCommand, withHome } from "./graft-command.ts";

const End = z.object({
  type: z.literal("run-end"),
  status: z.literal("completed"),
  lastEpoch: z.object({ valAccuracy: z.number() }),
  model: z.string(),
});

const [data, epochs = "20"] = process.argv.slice(2);
if (data === undefined) throw new Error("usage: bench-job.ts FOLDER [epochs]");
const [firstClass = ""] = readdirSync(resolve(data, "validation")).sort();
const [photo = ""] = readdirSync(resolve(data, "validation", firstClass)).sort();

const figures: Record<string, number> = {};
await withHome(async (home) => {
  for (const recipe of ["gap", "classic"]) {
    const words = ["train", data, "--recipe", recipe, "--weights", "bundled", "--backend", "onnx:cpu"];
    const options = ["--no-augment", "--no-early-stop", "--epochs", epochs, "--json"];
    for (const name of ["FitSeconds", "AgainSeconds"]) {
      const { seconds, lines } = await runCommand([...words, ...options], home);
      const end = End.parse(JSON.parse(lines.at(-1) ?? ""));
      figures[`${recipe}${name}`] = seconds;
      figures[`${recipe}FitAccuracy`] = end.lastEpoch.valAccuracy;
      if (name === "FitSeconds") continue;
      const image = resolve(data, "validation", firstClass, photo);
      figures[`${recipe}PredictOneSeconds`] = (await runCommand(["predict", end.model, image], home)).seconds;
    }
  }
  figures.helpSeconds = (await runCommand(["--help"], home)).seconds;
});
printFigures("graft onnx:cpu", figures);
