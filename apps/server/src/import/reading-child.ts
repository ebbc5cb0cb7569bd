import { type ChildProcess, fork } from "node:child_process";
import { CoreError, deserializeError, type Port, throwIfCancelled } from "@graft/core";
import { childPort } from "@graft/core/node";
import { type ChildProgram, childProgram } from "../workers/child-program.ts";
import { memoryOf } from "./child-memory.ts";
import {
  type Found,
  type ListedUpload,
  type News,
  newsSchema,
  type Order,
  type Reading,
  type Understood,
} from "./messages.ts";

/** What one reading may take. */
export interface ReadingLimits {
  /** Of the process. */
  readonly memoryBytes: number;
  /** Of its JavaScript; pictures lie outside. */
  readonly heapMegabytes: number;
  /** Without anything done. */
  readonly silenceMs: number;
}

export const READING_LIMITS: ReadingLimits = {
  memoryBytes: 3 * 2 ** 30,
  heapMegabytes: 1024,
  silenceMs: 120_000,
};

/** Hears what is read. A page is awaited before the next one is sent for. */
export interface ReadingListener {
  readonly onProgress: (
    progress: Pick<Extract<News, { type: "progress" }>, "phase" | "done" | "total">,
  ) => void;
  readonly onUnderstood: (understood: Understood) => Promise<void>;
  readonly onPage: (found: readonly Found[]) => Promise<void>;
}

/** Why a process ended that was not done. */
export interface ReadingEnd {
  /** "memory", "silence": it was killed for that; "ended": by itself, or by somebody else. */
  readonly why: "memory" | "silence" | "ended";
  /** What the system says, and what it printed last. */
  readonly text: string;
  /** Places of files that were under way. */
  readonly underWay: readonly string[];
}

export interface ReadingOptions {
  readonly limits: ReadingLimits;
  readonly signal: AbortSignal;
  /** @default import-child beside this file */
  readonly program?: ChildProgram | undefined;
}

const FILES_AT_ONCE = 1000;
const WATCH_MS = 100;
const KEPT_OUTPUT = 2000;

/** What it needs to know of its surroundings: nothing else of them is its business, secrets least. */
const KNOWN_ENV =
  /^(PATH|HOME|TMPDIR|TMP|TEMP|LANG|LC_.*|SystemRoot|NODE_EXTRA_CA_CERTS|(https?|no|all)_proxy|GRAFT_(OFFLINE|DATASETS_MIRROR))$/i;

function start({ limits, program }: ReadingOptions, threads: number): ChildProcess {
  const { path, execArgv } = program ?? childProgram("import-child", import.meta.url);
  return fork(path, {
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    execArgv: [`--max-old-space-size=${limits.heapMegabytes}`, ...execArgv],
    env: {
      ...Object.fromEntries(Object.entries(process.env).filter(([name]) => KNOWN_ENV.test(name))),
      // decoders wait in libuv's threads
      UV_THREADPOOL_SIZE: String(4 + 2 * threads),
    },
  });
}

/**
 * Reads an upload in a process of its own, once.
 * @returns undefined when it was read to its end, else how the process ended.
 * @throws CoreError what it refuses the upload for; `cancelled`; what the listener throws. The process is gone then.
 */
export async function readInChild(
  files: readonly ListedUpload[],
  reading: Reading,
  listener: ReadingListener,
  options: ReadingOptions,
): Promise<ReadingEnd | undefined> {
  const { limits, signal } = options;
  throwIfCancelled(signal);
  const child = start(options, reading.threads);
  const port = childPort(child);
  const underWay = new Set<string>();
  let output = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    output = (output + text).slice(-KEPT_OUTPUT);
  });
  let why: ReadingEnd["why"] = "ended";
  const kill = (reason: ReadingEnd["why"]): void => {
    why = reason;
    child.kill("SIGKILL");
  };
  let heardAt = performance.now();
  let isTaking = false;
  const checkMemory = (bytes: number | undefined): void => {
    if (bytes !== undefined && bytes > limits.memoryBytes) kill("memory");
  };
  const watch = setInterval(() => {
    checkMemory(child.pid === undefined ? undefined : memoryOf(child.pid));
    // while a page is taken in it has nothing to say
    if (!isTaking && performance.now() - heardAt > limits.silenceMs) kill("silence");
  }, WATCH_MS);
  const stop = (): void => void child.kill("SIGKILL");
  signal.addEventListener("abort", stop, { once: true });
  try {
    return await new Promise((resolve, reject) => {
      const fail = (error: unknown): void => {
        reject(error);
        stop();
      };
      const take = (work: () => Promise<void>): void => {
        isTaking = true;
        work().then(() => {
          isTaking = false;
          heardAt = performance.now();
        }, fail);
      };
      const hear = (news: News): void => {
        if (news.type === "alive") checkMemory(news.memory);
        else heardAt = performance.now();
        if (news.type === "begun") underWay.add(news.location);
        else if (news.type === "ended") underWay.delete(news.location);
        else if (news.type === "progress") listener.onProgress(news);
        else if (news.type === "understood") take(() => listener.onUnderstood(news.understood));
        else if (news.type === "page")
          take(async () => {
            await listener.onPage(news.found);
            post(port, { type: "next" });
          });
        else if (news.type === "done") resolve(undefined);
        else if (news.type === "failed") fail(deserializeError(news.error));
      };
      port.onMessage((message) => {
        const parsed = newsSchema.safeParse(message);
        // it says what no program of ours says: nothing of it can be believed
        if (parsed.success) hear(parsed.data);
        else kill("ended");
      });
      const ended = (text: string): void => {
        if (signal.aborted) reject(new CoreError("cancelled", { what: "The work was cancelled." }));
        else
          resolve({ why, text: [text, output.trim()].filter(Boolean).join(": "), underWay: [...underWay] });
      };
      child.once("error", (error) => ended(error.message));
      port.onClose(ended);
      for (let at = 0; at < files.length; at += FILES_AT_ONCE)
        post(port, { type: "files", files: files.slice(at, at + FILES_AT_ONCE) });
      post(port, { type: "read", reading });
    });
  } finally {
    clearInterval(watch);
    signal.removeEventListener("abort", stop);
    port.close();
    await gone(child);
  }
}

const post = (port: Port, order: Order): void => port.post(order);

/** It ends by itself soon once nobody listens, or is made to. */
async function gone(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const killed = setTimeout(() => child.kill("SIGKILL"), END_MS);
  await new Promise((resolve) => child.once("exit", resolve));
  clearTimeout(killed);
}

const END_MS = 2000;
