import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Gone with node_modules, and nobody's else to keep. */
const FOLDER = resolve(import.meta.dirname, "../../node_modules/.cache/graft-fastapi");
const READY = join(FOLDER, "ready");
const PYTHON = join(FOLDER, "bin", "python");
const PACKAGES = ["tensorflow-cpu==2.21.0", "keras==3.15.1", "fastapi", "uvicorn[standard]", "pillow"];

/**
 * A Python with Keras, FastAPI and Pillow: FASTAPI_PYTHON, else one that is made here from PyPI (1.7 GB) when
 * GRAFT_BENCH_FASTAPI=1 asks for it.
 * @returns undefined where there is none.
 */
export async function fastApiPython(): Promise<string | undefined> {
  if (process.env.FASTAPI_PYTHON) return process.env.FASTAPI_PYTHON;
  if (existsSync(READY)) return PYTHON;
  if (process.env.GRAFT_BENCH_FASTAPI !== "1") return undefined;
  const run = (command: string, ...words: string[]): boolean =>
    spawnSync(command, words, { stdio: ["ignore", "ignore", "inherit"] }).status === 0;
  await rm(FOLDER, { recursive: true, force: true });
  const install = ["-m", "pip", "install", "--quiet", "--no-compile", "--no-cache-dir"];
  if (!run("python3", "-m", "venv", FOLDER) || !run(PYTHON, ...install, ...PACKAGES)) {
    await rm(FOLDER, { recursive: true, force: true });
    throw new Error("FastAPI and Keras could not be installed from PyPI");
  }
  await writeFile(READY, "");
  return PYTHON;
}
