import type { ChildProcess } from "node:child_process";
import type { ServedFolder } from "@graft/api";
import { CoreError, deserializeError, type Port, serializeError } from "@graft/core";
import { childPort } from "@graft/core/node";
import {
  type Answered,
  type Asked,
  type Call,
  type News,
  type Order,
  parseNews,
  REQUESTS,
  type RequestKind,
} from "./request-messages.ts";

/** What a process's calls are answered from while it has a request. */
export interface CallHost {
  readonly folder?: ServedFolder | undefined;
  /** The bytes of a picture of the request, by hash. */
  readonly picture?: ((hash: string) => Promise<Uint8Array>) | undefined;
}

/** The process has ended with the request in its hands; whether because of it nobody knows. */
export class ChildGone extends CoreError {
  override name = "ChildGone";

  constructor(why: string) {
    super("backend", {
      what: "The process that works with models ended unexpectedly.",
      received: why,
      fix: "Try again; if it happens every time, an admin should look at the server's log.",
    });
  }
}

interface Pending {
  readonly host: CallHost;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** Files of a model lie side by side. */
const MODEL_FILE = /^[\w-][\w.-]*$/;

const noSuchFile = (path: string): CoreError =>
  new CoreError("not-found", { what: "The model has no such file.", received: path });

async function answerCall(ask: Call, { folder, picture }: CallHost): Promise<unknown> {
  if (ask.what === "picture") {
    if (!picture)
      throw new CoreError("not-found", { what: "The request has no pictures.", received: ask.hash });
    return picture(ask.hash);
  }
  const { path } = ask;
  if (!folder || !MODEL_FILE.test(path)) throw noSuchFile(path);
  if (ask.what === "model-size") return (await folder.size(path)) ?? null;
  const part = await folder.readRange(path, ask.start, ask.length);
  if (!part) throw noSuchFile(path);
  return part;
}

/** The server's end of one process that works with models, until it is gone. */
export class ChildLink {
  /** Resolves when the process can work. Rejects with the reason when it cannot. */
  readonly ready: Promise<void>;
  /** Resolves with the reason when the process is gone. */
  readonly gone: Promise<string>;
  readonly #child: ChildProcess;
  readonly #port: Port;
  readonly #pending = new Map<number, Pending>();
  readonly #stuckMs: number;
  #lastId = 0;
  #error: CoreError | undefined;
  #isEnding = false;
  #watch: NodeJS.Timeout | undefined;
  #resolveReady: () => void = () => undefined;
  #rejectReady: (error: unknown) => void = () => undefined;

  /** @param options.stuckMs silence of a process that has work after which it is killed. */
  constructor(child: ChildProcess, { stuckMs }: { readonly stuckMs: number }) {
    this.#child = child;
    this.#stuckMs = stuckMs;
    this.#port = childPort(child);
    this.ready = new Promise((resolve, reject) => {
      this.#resolveReady = resolve;
      this.#rejectReady = reject;
    });
    this.ready.catch(() => undefined); // heard by who asks
    this.gone = new Promise((resolve) => {
      this.#port.onClose((why) => {
        this.#fail(why);
        resolve(why);
      });
      // one that could not be started at all
      child.once("error", (error) => {
        this.#fail(error.message);
        resolve(error.message);
      });
    });
    this.#port.onMessage((message) => this.#hear(message));
    this.#listen();
  }

  /** Of the process; undefined when it did not start. */
  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * @throws ChildGone when the process ends before it has answered; CoreError `cancelled`; what the process throws.
   */
  ask<Kind extends RequestKind>(
    kind: Kind,
    asked: Asked<Kind>,
    { host, signal }: { readonly host: CallHost; readonly signal?: AbortSignal | undefined },
  ): Promise<Answered<Kind>> {
    const id = ++this.#lastId;
    const answer = new Promise<unknown>((resolve, reject) => {
      const leave = (): void => {
        this.#post({ type: "cancel", id });
        this.#settle(id)?.reject(new CoreError("cancelled", { what: "The request was cancelled." }));
      };
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          signal?.removeEventListener("abort", leave);
          settle(value);
        };
      this.#pending.set(id, { host, resolve: settled(resolve), reject: settled(reject) });
      if (this.#error) return this.#settle(id)?.reject(this.#error);
      if (signal?.aborted) return leave();
      signal?.addEventListener("abort", leave, { once: true });
      this.#post({ type: "request", id, kind, asked });
      this.#listen();
    });
    // zod's type of an indexed schema is not narrowed by the key
    return answer.then((value) => REQUESTS[kind].answered.parse(value) as Answered<Kind>);
  }

  /** Lets the process end by itself, and kills it when it does not. */
  async end(): Promise<void> {
    this.#isEnding = true;
    this.#port.close();
    const killed = setTimeout(() => this.kill(), END_MS);
    await this.gone;
    clearTimeout(killed);
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #post(order: Order): void {
    this.#port.post(order);
  }

  #settle(id: number): Pending | undefined {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (this.#pending.size === 0) this.#listen();
    return pending;
  }

  /** A process that has work and says nothing hangs. */
  #listen(): void {
    clearTimeout(this.#watch);
    if (this.#error || this.#isEnding || this.#pending.size === 0) return;
    this.#watch = setTimeout(() => this.kill(), this.#stuckMs);
    this.#watch.unref();
  }

  #fail(why: string): void {
    clearTimeout(this.#watch);
    this.#error ??= new ChildGone(why);
    this.#rejectReady(this.#error);
    for (const id of [...this.#pending.keys()]) this.#settle(id)?.reject(this.#error);
  }

  #hear(message: unknown): void {
    let news: News;
    try {
      news = parseNews(message);
    } catch {
      // it says what no program of ours says: nothing of it can be believed any more
      this.kill();
      return;
    }
    this.#listen();
    switch (news.type) {
      case "ready":
        this.#resolveReady();
        break;
      case "unusable": {
        const error = deserializeError(news.error);
        this.#error ??= error instanceof CoreError ? error : new ChildGone(error.message);
        void this.end();
        break;
      }
      case "done":
        this.#settle(news.id)?.resolve(news.value);
        break;
      case "failed":
        this.#settle(news.id)?.reject(deserializeError(news.error));
        break;
      case "call":
        void this.#answer(news.call, news.ask, this.#pending.get(news.id)?.host ?? {});
        break;
      default:
        news satisfies never;
    }
  }

  async #answer(call: number, ask: Call, host: CallHost): Promise<void> {
    try {
      this.#post({ type: "answer", call, value: await answerCall(ask, host) });
    } catch (error) {
      this.#post({ type: "refusal", call, error: serializeError(error) });
    }
  }
}

/** An idle process ends in milliseconds. */
const END_MS = 5_000;
