import { mkdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import * as z from "zod";
import { HeldProcess } from "./held-process.ts";
import { childrenOf, type ServerChild } from "./process-table.ts";
import { StubbornClient } from "./stubborn-client.ts";

const toldSchema = z.object({ url: z.string(), adminToken: z.string() });
const madeSchema = z.object({ secret: z.string() });

export interface LivesOptions {
  /** Of the server; the worker's is beside it. */
  readonly home: string;
  /** See `ServerOptions`. */
  readonly blobs?: string | undefined;
  readonly databaseUrl?: string | undefined;
  /** Where pg-boss and others find credentials. */
  readonly env?: Readonly<Record<string, string>>;
}

/** Checkpoints as often as writing them allows: a kill a second finds one. */
const CHECKPOINT_MS = 0;

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === "object" && address ? address.port : 0;
}

/** A server and a worker of another machine, which live again under the same address when they were killed. */
export class Lives {
  readonly server: HeldProcess;
  readonly worker: HeldProcess;
  readonly client: StubbornClient;
  readonly #options: LivesOptions;
  readonly #port: number;
  #workerToken: string | undefined;

  private constructor(options: LivesOptions, port: number, server: HeldProcess, token: string) {
    this.#options = options;
    this.#port = port;
    this.server = server;
    this.worker = new HeldProcess("worker-child.ts");
    this.client = new StubbornClient(`http://127.0.0.1:${port}`, token);
  }

  /** Begins a home, or goes on with one. */
  static async begin(options: LivesOptions): Promise<Lives> {
    await mkdir(options.home, { recursive: true });
    const port = await freePort();
    const server = new HeldProcess("serve-child.ts", options.env);
    const { adminToken } = await startAt(server, options, port);
    return new Lives(options, port, server, (await readFile(adminToken, "utf8")).trim());
  }

  /** The server, until it answers. */
  async startServer(): Promise<void> {
    await startAt(this.server, this.#options, this.#port);
  }

  /** The worker, until the server knows it. */
  async startWorker(): Promise<void> {
    this.#workerToken ??= (
      await this.client.call(madeSchema, "POST", "/tokens", { name: "worker", role: "worker" })
    ).secret;
    const options = {
      ...{ server: `http://127.0.0.1:${this.#port}`, token: this.#workerToken, version: "crash" },
      ...{ home: join(this.#options.home, "..", "worker-home"), name: "far", checkpointMs: CHECKPOINT_MS },
    };
    await this.worker.start(options, /^Connected/);
  }

  /** The newest living child of the server that runs a program. */
  child(program: ServerChild): number | undefined {
    const { pid } = this.server;
    return pid === undefined ? undefined : childrenOf(pid, program).at(-1);
  }

  /** @returns the server's exit code. */
  async end(): Promise<number | null> {
    await this.worker.kill();
    return this.server.end();
  }

  /** Whatever still lives. */
  async kill(): Promise<void> {
    await Promise.all([this.worker.kill(), this.server.kill()]);
  }
}

async function startAt(
  server: HeldProcess,
  { home, blobs, databaseUrl }: LivesOptions,
  port: number,
): Promise<z.infer<typeof toldSchema>> {
  const options = { home, blobs, databaseUrl, port, version: "crash", checkpointMs: CHECKPOINT_MS };
  return toldSchema.parse(JSON.parse(await server.start(options, /^\{"url"/)));
}
