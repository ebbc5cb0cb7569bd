import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { crc32 } from "node:zlib";
import { CoreError, WorkerHost, type Workspace } from "@graft/core";
import { childPort } from "@graft/core/node";
import type { ChildOptions } from "./child-options.ts";
import { type ChildProgram, childProgram } from "./child-program.ts";
import { GrowingPause } from "./growing-pause.ts";
import { Wake } from "./wake.ts";

export interface WorkerProcessOptions {
  /** What its calls are answered from. */
  readonly workspace: Workspace;
  readonly child: ChildOptions;
  readonly env: NodeJS.ProcessEnv;
  /** A line that it wrote, and that it ended by itself. */
  readonly onLog: (line: string) => void;
  /** @default the training child of this package */
  readonly program?: ChildProgram;
}

/** A child that lived so long did not die of its start. */
const WELL_MS = 60_000;

interface Child {
  readonly process: ChildProcess;
  readonly host: WorkerHost;
  readonly ended: Promise<void>;
  /** False: it ended before it said anything. */
  readonly isUp: Promise<boolean>;
}

/** A training worker in a child process, which is started when it is needed, and again, after a pause, when it died. */
export class WorkerProcess implements AsyncDisposable {
  readonly #options: WorkerProcessOptions;
  readonly #pause = new GrowingPause({ firstMs: 500, lastMs: 30_000 });
  readonly #wake = new Wake();
  #child: Child | undefined;
  #starting: Promise<WorkerHost> | undefined;
  #nextStartAt = 0;
  #isClosed = false;

  constructor(options: WorkerProcessOptions) {
    this.#options = options;
  }

  /** Of the process that runs; undefined: none. */
  get pid(): number | undefined {
    return this.#child?.process.pid;
  }

  /**
   * The living child's host; where none lives it is started, after a pause when others died.
   * @throws CoreError `cancelled` when this is closed.
   */
  host(): Promise<WorkerHost> {
    this.#starting ??= this.#start().finally(() => {
      this.#starting = undefined;
    });
    return this.#starting;
  }

  /**
   * Ends the child when what it does has stopped, or when the time is over.
   * @param graceMs how long that may take.
   */
  async close(graceMs: number): Promise<void> {
    this.#isClosed = true;
    this.#wake.close();
    const timer = setTimeout(() => this.#child?.process.kill("SIGKILL"), graceMs);
    await this.#starting?.catch(() => undefined);
    const child = this.#child;
    await child?.host[Symbol.asyncDispose]();
    await child?.ended;
    clearTimeout(timer);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(10_000);
  }

  async #start(): Promise<WorkerHost> {
    for (;;) {
      if (this.#child) return this.#child.host;
      await this.#wake.after(this.#nextStartAt - performance.now());
      if (this.#isClosed) throw new CoreError("cancelled", { what: "The workers of this server end." });
      const child = this.#spawn();
      // one that dies of its start takes no job with it
      if (await child.isUp) return child.host;
    }
  }

  #spawn(): Child {
    const { workspace, child: options, env, onLog, program } = this.#options;
    const { path, execArgv } = program ?? childProgram("training-child", import.meta.url);
    const startedAt = performance.now();
    const handle = spawn(process.execPath, [...execArgv, path, JSON.stringify(options)], {
      ...{ env, serialization: "advanced" },
      stdio: ["ignore", "pipe", "pipe", "ipc"],
    });
    for (const stream of [handle.stdout, handle.stderr])
      if (stream) createInterface({ input: stream }).on("line", onLog);
    const host = new WorkerHost({ port: childPort(handle), workspace, crc32 });
    const ended = new Promise<void>((resolve) => {
      const end = (why: string): void => {
        this.#child = undefined;
        if (performance.now() - startedAt >= WELL_MS) this.#pause.reset();
        this.#nextStartAt = performance.now() + this.#pause.next();
        if (!this.#isClosed) onLog(`The worker ended by itself: ${why}.`);
        resolve();
      };
      handle.once("exit", (code, signal) => end(signal ?? `exit code ${code}`));
      handle.once("error", ({ message }) => {
        if (handle.pid === undefined) end(message);
      });
    });
    const isUp = Promise.race([
      new Promise<boolean>((resolve) => handle.once("message", () => resolve(true))),
      ended.then(() => false),
    ]);
    const child: Child = { process: handle, host, ended, isUp };
    this.#child = child;
    return child;
  }
}
