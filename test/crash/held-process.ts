import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Of what a process wrote so many lines are kept, for who looks why it failed. */
const KEPT_LINES = 400;

/** A process of the campaign, which may be killed and started again. */
export class HeldProcess {
  readonly #program: string;
  readonly #env: Readonly<Record<string, string>>;
  readonly #said: string[] = [];
  #child: ChildProcess | undefined;
  #exited: Promise<unknown> = Promise.resolve();

  /** @param program name of a file of this folder. */
  constructor(program: string, env: Readonly<Record<string, string>> = {}) {
    this.#program = join(import.meta.dirname, program);
    this.#env = env;
  }

  /** Undefined: it does not run. */
  get pid(): number | undefined {
    const { pid, exitCode = 0, signalCode = null } = this.#child ?? {};
    return exitCode === null && signalCode === null ? pid : undefined;
  }

  /** The newest lines that it wrote, in all of its lives. */
  get said(): readonly string[] {
    return this.#said;
  }

  /**
   * Starts it.
   * @returns the first line of its output that matches. @throws Error when it ends before that.
   */
  async start(options: object, isUp: RegExp): Promise<string> {
    const child = spawn(process.execPath, ["--import", "tsx", this.#program, JSON.stringify(options)], {
      stdio: ["ignore", "pipe", "pipe", "ipc"],
      env: { ...process.env, ...this.#env, GRAFT_OFFLINE: "1" },
    });
    this.#child = child;
    this.#exited = once(child, "exit");
    return new Promise((resolve, reject) => {
      const hear = (line: string): void => {
        this.#said.push(line);
        if (this.#said.length > KEPT_LINES) this.#said.shift();
        if (isUp.test(line)) resolve(line);
      };
      for (const stream of [child.stdout, child.stderr])
        if (stream) createInterface({ input: stream }).on("line", hear);
      child.once("exit", (code, signal) =>
        reject(new Error(`ended (${signal ?? code}):\n${this.#said.slice(-20).join("\n")}`)),
      );
    });
  }

  /** At once, as a system without memory or a power cut does it. */
  async kill(): Promise<void> {
    this.#child?.kill("SIGKILL");
    await this.#exited;
  }

  /** As a system that ends asks for it. @returns its exit code. */
  async end(): Promise<number | null> {
    this.#child?.kill("SIGTERM");
    await this.#exited;
    return this.#child?.exitCode ?? null;
  }
}
