import { execFile } from "node:child_process";
import { stripVTControlCharacters } from "node:util";

export interface ChildProbe {
  /** CommonJS source; `process.argv` has `words` from position 1 on. */
  readonly script: string;
  readonly words: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  /** Given on its input. @default nothing */
  readonly input?: Uint8Array;
  /** Ends the process. */
  readonly signal?: AbortSignal | undefined;
}

/** What it wrote when it ended well, or why it did not. */
export type ChildAnswer = { readonly output: string } | { readonly reason: string };

/** A first start on a GPU may compile for long; longer is a driver that hangs. */
const TIMEOUT_MS = 30_000;

/** The cause in what a native library wrote: its first error or warning without the source file before it. */
function causeOf(text: string): string | undefined {
  const lines = stripVTControlCharacters(text)
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.includes("[W:"));
  const said = lines.find((line) => line.includes("[E:") || /^(Error|Warning)/.test(line));
  return (said ?? lines.at(-1))
    ?.replace(/^.*?\[E:[^\]]*\]\s*/, "")
    .replace(/^.* was false\. /, "")
    .replace(/^Warning: /, "");
}

/**
 * Tries a native library in another process: what is missing is written by it to the error stream and to no exception,
 * and a driver that crashes or hangs takes only that process with it.
 */
export function askChild({ script, words, env, input, signal: stop }: ChildProbe): Promise<ChildAnswer> {
  return new Promise((settle) => {
    const child = execFile(
      process.execPath,
      ["-e", script, ...words],
      { timeout: TIMEOUT_MS, killSignal: "SIGKILL", env, ...(stop && { signal: stop }) },
      (error, stdout, stderr) => {
        if (!error) return settle({ output: stdout });
        if (stop?.aborted) return settle({ reason: "it was no longer wanted" });
        const { killed, signal } = error;
        if (killed) return settle({ reason: `no answer within ${TIMEOUT_MS / 1000} seconds` });
        const cause = causeOf(stderr) ?? "it said nothing";
        return settle({ reason: signal ? `it crashed (${signal}): ${cause}` : cause });
      },
    );
    child.stdin?.on("error", () => undefined); // it ended before it read the input: its exit says why
    child.stdin?.end(input);
  });
}
