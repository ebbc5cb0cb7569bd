import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker, type WorkerOptions } from "node:worker_threads";

/**
 * Starts a thread on a program that lies beside the caller's file.
 * @param name of the program's file, without its ending.
 * @param beside the caller's `import.meta.url`.
 */
export function startThread(
  name: string,
  beside: string,
  options: Pick<WorkerOptions, "workerData"> = {},
): Worker {
  const built = new URL(`./${name}.js`, beside);
  if (existsSync(fileURLToPath(built))) return new Worker(built, options);
  // From source (tests, development): Node 20 reads no TypeScript, and an --import flag comes too late for a worker's
  // first file, so that file is a line that registers tsx. Its CommonJS build, which `resolve` finds, cannot find its own loader.
  const loader = pathToFileURL(createRequire(beside).resolve("tsx/esm/api").replace(/cjs$/, "mjs")).href;
  const source = new URL(`./${name}.ts`, beside).href;
  const code = `import(${JSON.stringify(loader)}).then(({ register }) => { register(); return import(${JSON.stringify(source)}); })`;
  return new Worker(code, { ...options, eval: true });
}
