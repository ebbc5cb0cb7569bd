import { spawn, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";

/** Gone with node_modules, and nobody's else to keep. */
const CACHE = resolve(import.meta.dirname, "../../node_modules/.cache");

/** Programs in Python that some tests need, in an environment of their own. */
export interface PythonEnvironment {
  /** Of its folder. */
  readonly name: string;
  /** As pip takes them. */
  readonly packages: readonly string[];
  readonly withoutDependencies?: readonly string[];
  /** The variable that asks for it ("1") or forbids it ("0"). */
  readonly variable: string;
  /** What it takes on the disk, for people. */
  readonly room: string;
}

/** It takes 46 s at most where the registry is near; a test run is not held up by a far one. */
const TIMEOUT_MS = 150_000;

const folderOf = ({ name }: PythonEnvironment): string => join(CACHE, `graft-${name}`);
const readyMark = (environment: PythonEnvironment): string => join(folderOf(environment), "ready");

/** Its Python; undefined where it is not installed. */
export function pythonOf(environment: PythonEnvironment): string | undefined {
  return existsSync(readyMark(environment)) ? join(folderOf(environment), "bin", "python") : undefined;
}

/**
 * One shell for all steps, so that they go on while this process waits for something else. Compiling thousands of files would
 * take longer than the tests, which import a few.
 */
const script = ({ packages, withoutDependencies = [] }: PythonEnvironment): string => `
set -e
python3 -m venv "$1"
folder="$1"; shift
install() { "$folder/bin/python" -m pip install --quiet --no-compile --no-cache-dir --retries 1 --timeout 10 "$@"; }
install ${packages.map((name) => `'${name}'`).join(" ")}
${withoutDependencies.length > 0 ? `install --no-deps ${withoutDependencies.join(" ")}` : ""}
`;

/** @returns whether the whole script went through in time. */
function runScript(environment: PythonEnvironment): Promise<boolean> {
  return new Promise((settle) => {
    // a group of its own, so that pip ends with the shell
    const child = spawn("sh", ["-c", script(environment), "sh", folderOf(environment)], {
      stdio: "ignore",
      detached: true,
    });
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
 * Installs it from PyPI into node_modules/.cache, in CI or where its variable asks for it.
 * @returns what came of it, for people; never an error: the tests are then skipped by name.
 */
export async function installPython(environment: PythonEnvironment): Promise<string> {
  const there = pythonOf(environment);
  if (there !== undefined) return `there (${there})`;
  const { variable, room } = environment;
  const asked = process.env[variable];
  if (asked === "0" || !(process.env.CI || asked))
    return `not installed, which takes ${room}: ${variable}=1 asks for it`;
  if (process.platform === "win32") return "not installed: nothing is set up on Windows";
  if (spawnSync("python3", ["-c", "import venv, ensurepip"], { stdio: "ignore" }).status !== 0)
    return "not installed: no python3 with venv";
  const folder = folderOf(environment);
  const start = performance.now();
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  if (!(await runScript(environment))) {
    await rm(folder, { recursive: true, force: true });
    return "not installed: PyPI could not be reached, is too slow, or lacks a package";
  }
  await writeFile(readyMark(environment), "");
  return `installed in ${Math.round((performance.now() - start) / 1000)} s`;
}
