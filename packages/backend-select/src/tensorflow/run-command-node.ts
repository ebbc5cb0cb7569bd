import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { CoreError, type ErrorCode, throwIfCancelled } from "@graft/core";

export interface CommandOptions {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
  /** Every line that the command writes, of both its streams. */
  readonly onLine: (text: string) => void;
  readonly signal?: AbortSignal | undefined;
  /** For the error: what failed and what to do about it. */
  readonly what: string;
  readonly fix: string;
  /** Lines that would push the cause out of the last lines of the error. */
  readonly noise?: RegExp;
}

const LAST_LINES = 12;

const CAUSES: readonly { readonly code: ErrorCode; readonly pattern: RegExp; readonly fix: string }[] = [
  {
    code: "disk-full",
    pattern: /ENOSPC|No space left on device|Disk quota exceeded/i,
    fix: "Free some space and try again.",
  },
  {
    code: "offline",
    pattern:
      /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|name resolution|Failed to establish a new connection|Max retries exceeded|Read timed out/i,
    fix: "Check the network; set a proxy or mirror the way npm and pip expect it (HTTPS_PROXY, npm's registry, PIP_INDEX_URL).",
  },
];

function failure(lines: readonly string[], outcome: string, { what, fix }: CommandOptions): CoreError {
  const last = lines.slice(-LAST_LINES);
  const known = CAUSES.find(({ pattern }) => last.some((line) => pattern.test(line)));
  const received = [outcome, ...last].join("\n  ");
  return new CoreError(known?.code ?? "backend", { what, received, fix: known?.fix ?? fix });
}

/** A command that started is ended with all it started; what it was making is thrown away by the caller. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // it has ended meanwhile
  }
}

/**
 * Runs a command to its end.
 * @returns the lines of its standard output.
 * @throws CoreError `cancelled`, `offline`, `disk-full`, else `backend`, with the last lines that the command wrote.
 */
export async function runCommand(
  command: string,
  words: readonly string[],
  options: CommandOptions,
): Promise<readonly string[]> {
  const { cwd, env, onLine, signal, noise } = options;
  throwIfCancelled(signal);
  const child = spawn(command, words, { cwd, env, detached: true, stdio: ["ignore", "pipe", "pipe"] });
  const output: string[] = [];
  const all: string[] = [];
  const follow = (text: string): void => {
    const line = text.trimEnd();
    if (line === "") return;
    onLine(line);
    if (noise?.test(line)) return;
    all.push(line);
    if (all.length > LAST_LINES) all.shift();
  };
  createInterface({ input: child.stdout }).on("line", (line) => {
    output.push(line);
    follow(line);
  });
  createInterface({ input: child.stderr }).on("line", follow);
  const end = (): void => endGroup(child.pid);
  signal?.addEventListener("abort", end, { once: true });
  try {
    const outcome = await new Promise<string | undefined>((resolve) => {
      child.on("error", (error) => resolve(error.message));
      child.on("close", (code, killed) =>
        resolve(code === 0 ? undefined : `${command} ended with ${killed ?? `exit code ${code}`}`),
      );
    });
    throwIfCancelled(signal);
    if (outcome !== undefined) throw failure(all, outcome, options);
    return output;
  } finally {
    signal?.removeEventListener("abort", end);
  }
}
