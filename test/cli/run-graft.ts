import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll } from "vitest";
import { PROGRAM } from "../setup/build-graft.ts";
import { sharedPath } from "../shared.ts";

export const ROOT = resolve(import.meta.dirname, "../..");

export interface GraftResult {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface StartedGraft {
  readonly child: ChildProcess;
  readonly done: Promise<GraftResult>;
  /** Settles with what matched when what was written so far does; rejects when the process ends before that. */
  waitFor(pattern: RegExp): Promise<string>;
}

export interface GraftOptions {
  /** Flags of node itself, before the program. */
  readonly nodeFlags?: readonly string[];
  /** Where it runs. @default the repository */
  readonly cwd?: string;
  /** @default the one that was built here */
  readonly program?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** The real command line as a child process, without network and terminal. */
export function startGraft(words: readonly string[], home: string, options: GraftOptions = {}): StartedGraft {
  const { nodeFlags = [], program = PROGRAM, cwd = ROOT } = options;
  const env = { ...process.env, GRAFT_OFFLINE: "1", GRAFT_HOME: home, ...options.env };
  const child = spawn(process.execPath, [...nodeFlags, program, ...words], { cwd, env });
  let stdout = "";
  let stderr = "";
  const listeners = new Set<() => void>();
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    for (const listener of listeners) listener();
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
    for (const listener of listeners) listener();
  });
  const done = new Promise<GraftResult>((settle, reject) => {
    child.on("error", reject);
    child.on("close", (code) => settle({ code, stdout, stderr }));
  });
  const waitFor = (pattern: RegExp): Promise<string> =>
    new Promise((settle, reject) => {
      const look = (): void => {
        const [found] = pattern.exec(stdout) ?? pattern.exec(stderr) ?? [];
        if (found === undefined) return;
        listeners.delete(look);
        settle(found);
      };
      listeners.add(look);
      look();
      done.then(({ code }) => reject(new Error(`ended with ${code} before ${pattern}:\n${stderr}`)), reject);
    });
  return { child, done, waitFor };
}

export function graft(
  words: readonly string[],
  home: string,
  options: GraftOptions = {},
): Promise<GraftResult> {
  return startGraft(words, home, options).done;
}

/** Every line of a `--json` answer; throws on a line that is no JSON. */
export function jsonLines(stdout: string): Record<string, unknown>[] {
  return stdout
    .split("\n")
    .filter((line) => line !== "")
    .map((line): Record<string, unknown> => JSON.parse(line));
}

const folders: string[] = [];
// here and not where a folder is made: a hook that is added inside of another hook never runs
afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

/** An empty folder that is removed after the file's tests. */
export async function temporaryFolder(name: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), `graft-${name}-`));
  folders.push(folder);
  return folder;
}

/** Real photos for the tests, or undefined in a clone that has none beside it. */
export const photos = sharedPath("data", "cats-dogs", "train");

/** A trunk of a few layers on small images, for tests that need no good features. */
export const SMALL_TRUNK = ["--weights", "bundled", "--cut", "mixed2", "--size", "75"] as const;

/** Copies the first `perClass` cats and dogs into `folder`/cats and `folder`/dogs. */
export async function copyPhotos(folder: string, perClass: number): Promise<void> {
  if (photos === undefined) throw new Error("there are no shared photos to copy");
  for (const label of ["cats", "dogs"]) {
    await mkdir(join(folder, label), { recursive: true });
    const names = (await readdir(join(photos, label))).sort().slice(0, perClass);
    for (const name of names) await cp(join(photos, label, name), join(folder, label, name));
  }
}
