import { createHash } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ServedModel } from "@graft/api";
import { MODEL_FILES, type Model, memoryFolder, writeModel } from "@graft/core";
import { ProcessPredictor, type ProcessPredictorOptions } from "@graft/server";

/** What the processes of a test printed, and how often one ended unasked. */
export interface Heard {
  output: string;
  readonly gone: string[];
}

export interface TestPredictor extends AsyncDisposable {
  readonly predictor: ProcessPredictor;
  readonly heard: Heard;
}

/** A predictor with a home of its own, which is removed with it. Its processes start when they are needed. */
export async function openPredictor(options: Partial<ProcessPredictorOptions> = {}): Promise<TestPredictor> {
  const home = await mkdtemp(join(tmpdir(), "graft-predict-"));
  const heard: Heard = { output: "", gone: [] };
  const predictor = new ProcessPredictor({
    ...{ home, folder: join(home, "exports"), backend: "cpu", threads: 1 },
    onOutput: (text) => {
      heard.output += text;
    },
    onGone: (why) => heard.gone.push(why),
    ...options,
  });
  return {
    ...{ predictor, heard },
    async [Symbol.asyncDispose]() {
      await predictor.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/** A model in a folder of memory, as a server has it in blobs. */
export async function served(model: Model): Promise<ServedModel> {
  const folder = memoryFolder();
  await writeModel(model, { folder, path: "model" });
  const inside = folder.folder("model");
  const manifest = (await inside.read(MODEL_FILES.manifest)) ?? new Uint8Array();
  return { key: createHash("sha256").update(manifest).digest("hex"), folder: inside };
}
