import { type ChildProcess, fork } from "node:child_process";
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { ChildSettings } from "./child-main.ts";

/** A program of this folder: `predict-child.ts`, `workshop-child.ts`. */
export type ChildProgram = "predict" | "workshop";

/** What a process that reads strangers' files has no need to know. */
const SECRET = /URL|TOKEN|SECRET|PASS|KEY|CREDENTIAL|^AWS_|^PG/i;

/** From sources (tests, development) Node reads no TypeScript by itself. */
function flagsFromSources(): readonly string[] {
  const tsx = createRequire(import.meta.url).resolve("tsx");
  return ["--conditions=graft-source", "--import", pathToFileURL(tsx).href];
}

/**
 * Starts one of the processes that work with models; its messages are its standard input and output.
 * @param onOutput hears what it prints, which nobody expects, in pieces.
 */
export function startChild(
  program: ChildProgram,
  settings: ChildSettings,
  onOutput: (text: string) => void,
): ChildProcess {
  const isBuilt = import.meta.url.endsWith(".js");
  const file = new URL(`./${program}-child.${isBuilt ? "js" : "ts"}`, import.meta.url);
  const env = Object.entries(process.env).filter(([name]) => !SECRET.test(name));
  const child = fork(fileURLToPath(file), [JSON.stringify(settings)], {
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    execArgv: isBuilt ? [] : [...flagsFromSources()],
    env: {
      ...Object.fromEntries(env),
      // decoders wait in libuv's threads, and the engine does: with the usual four they would wait for each other
      UV_THREADPOOL_SIZE: String(4 + 2 * (settings.threads ?? availableParallelism())),
    },
  });
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8");
    stream?.on("data", (text: string) => onOutput(text));
  }
  return child;
}
