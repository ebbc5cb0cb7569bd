import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Gone with node_modules, and nobody's else to keep. */
const FOLDER = resolve(import.meta.dirname, "../../node_modules/.cache/graft-keras");
const READY = join(FOLDER, "ready");
const PYTHON = join(FOLDER, "bin", "python");

/** What test/export/open_exports.py and a written predict.py import; 300 MB to fetch, 1.6 GB on disk. */
const PACKAGES = ["tensorflow-cpu==2.21.0", "keras==3.15.1", "onnx", "onnxruntime", "pillow"];
/** Keras 2 under its own name. It asks for the package tensorflow, which tensorflow-cpu stands for. */
const WITHOUT_DEPENDENCIES = ["tf_keras==2.21.0"];
/** It takes 46 s where the registry is near; a test run is not held up by a far one. */
const TIMEOUT_MS = 150_000;

/** A Python with Keras 3, Keras 2, ONNX Runtime and Pillow: KERAS_PYTHON, else what `installKeras` made; else undefined. */
export function kerasPython(): string | undefined {
  const given = process.env.KERAS_PYTHON;
  if (given) return given;
  return existsSync(READY) ? PYTHON : undefined;
}

/** Why a test that needs it is skipped. */
export const NO_KERAS =
  "no Python with Keras: set KERAS_PYTHON, or GRAFT_TEST_KERAS=1 for npm run setup:tests to install it";

/**
 * One shell for all steps, so that they go on while this process waits for something else. Compiling thousands of files would
 * take longer than the tests, which import a few.
 */
const SCRIPT = `
set -e
python3 -m venv "$1"
folder="$1"; shift
install() { "$folder/bin/python" -m pip install --quiet --no-compile --no-cache-dir --retries 1 --timeout 10 "$@"; }
install ${PACKAGES.join(" ")}
install --no-deps ${WITHOUT_DEPENDENCIES.join(" ")}
`;

/** @returns whether the whole script went through in time. */
function runScript(): Promise<boolean> {
  return new Promise((settle) => {
    // a group of its own, so that pip ends with the shell
    const child = spawn("sh", ["-c", SCRIPT, "sh", FOLDER], { stdio: "ignore", detached: true });
    const timer = setTimeout(() => child.pid !== undefined && process.kill(-child.pid), TIMEOUT_MS);
    const end = (isDone: boolean): void => {
      clearTimeout(timer);
      settle(isDone);
    };
    child.on("error", () => end(false));
    child.on("exit", (code) => end(code === 0));
  });
}

/**
 * Installs it from PyPI into node_modules/.cache, in CI or where GRAFT_TEST_KERAS=1 asks for it.
 * @returns what came of it, for people; never an error: the tests are then skipped by name.
 */
export async function installKeras(): Promise<string> {
  if (kerasPython() !== undefined) return `there (${kerasPython()})`;
  if (process.env.GRAFT_TEST_KERAS === "0" || !(process.env.CI || process.env.GRAFT_TEST_KERAS))
    return "not installed, which takes 1.6 GB: GRAFT_TEST_KERAS=1 asks for it";
  if (process.platform === "win32") return "not installed: nothing is set up on Windows";
  if (spawnSync("python3", ["-c", "import venv, ensurepip"], { stdio: "ignore" }).status !== 0)
    return "not installed: no python3 with venv";
  const start = performance.now();
  await rm(FOLDER, { recursive: true, force: true });
  await mkdir(FOLDER, { recursive: true });
  if (!(await runScript())) {
    await rm(FOLDER, { recursive: true, force: true });
    return "not installed: PyPI could not be reached, is too slow, or lacks a package";
  }
  await writeFile(READY, "");
  return `installed in ${Math.round((performance.now() - start) / 1000)} s`;
}
