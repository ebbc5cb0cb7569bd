import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PROGRAM } from "../setup/build-graft.ts";

export interface CommandRun {
  /** Wall time of the whole process, start-up included. */
  readonly seconds: number;
  readonly lines: readonly string[];
  /** Largest resident size in bytes as the kernel counts it; undefined outside Linux. */
  readonly peakBytes: number | undefined;
}

function peakOf(pid: number): number | undefined {
  try {
    const [, kilobytes] = /VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8")) ?? [];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}

/** Runs `graft WORDS --home HOME` to its end. @param program another build's main.js. @throws Error with its messages when it fails. */
export async function runCommand(
  words: readonly string[],
  home: string,
  program: string = PROGRAM,
): Promise<CommandRun> {
  const start = performance.now();
  const child = spawn(process.execPath, [program, ...words, "--home", home], {
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, GRAFT_OFFLINE: "1" },
  });
  const [output, messages]: [string[], string[]] = [[], []];
  child.stdout.setEncoding("utf8").on("data", (text: string) => output.push(text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => messages.push(text));
  let peakBytes: number | undefined;
  // the kernel's peak is gone with the process, so it is read while that lives
  const timer = setInterval(() => {
    if (child.pid !== undefined) peakBytes = peakOf(child.pid) ?? peakBytes;
  }, 50);
  const status = await new Promise((settle) => child.on("close", settle));
  clearInterval(timer);
  if (status !== 0) throw new Error(`graft ${words.join(" ")} ended with ${status}\n${messages.join("")}`);
  const lines = output
    .join("")
    .split("\n")
    .filter((line) => line !== "");
  return { seconds: (performance.now() - start) / 1000, lines, peakBytes };
}

/** A folder for runs and caches that is gone afterwards. */
export async function withHome<T>(work: (home: string) => Promise<T>): Promise<T> {
  const home = await mkdtemp(join(tmpdir(), "graft-bench-"));
  try {
    return await work(home);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
}
