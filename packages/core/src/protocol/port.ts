import { Inbox } from "./inbox.ts";

/**
 * One end of a channel between a host and a worker: a child process's messages, a browser's Worker, or this same thread.
 * What is posted arrives whole and in order; it may be cloned on its way, and its arrays are the poster's until it is answered.
 */
export interface Port {
  post(message: unknown): void;
  /** One listener; messages that came before it are kept for it. */
  onMessage(listener: (message: unknown) => void): void;
  /** Called once when the other end is gone. @param why for people: "exit code 1", "killed by SIGKILL" */
  onClose(listener: (why: string) => void): void;
  /** Idempotent. */
  close(): void;
}

class PairedPort implements Port {
  other: PairedPort | undefined;
  readonly #inbox = new Inbox();
  #isClosed = false;

  post(message: unknown): void {
    // not before the caller has gone on, as on a channel between threads
    queueMicrotask(() => this.other?.receive(message));
  }

  receive(message: unknown): void {
    if (!this.#isClosed) this.#inbox.receive(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#inbox.onMessage(listener);
  }

  onClose(listener: (why: string) => void): void {
    this.#inbox.onClose(listener);
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    const other = this.other;
    queueMicrotask(() => other?.end());
  }

  end(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#inbox.end("the other end was closed");
  }
}

/** Both ends of a channel within one thread; nothing is cloned. */
export function portPair(): readonly [Port, Port] {
  const [host, worker] = [new PairedPort(), new PairedPort()];
  host.other = worker;
  worker.other = host;
  return [host, worker];
}
