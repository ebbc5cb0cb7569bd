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
  #listener: ((message: unknown) => void) | undefined;
  #onClose: ((why: string) => void) | undefined;
  readonly #waiting: unknown[] = [];
  #isClosed = false;

  post(message: unknown): void {
    // not before the caller has gone on, as on a channel between threads
    queueMicrotask(() => this.other?.receive(message));
  }

  receive(message: unknown): void {
    if (this.#isClosed) return;
    if (this.#listener) this.#listener(message);
    else this.#waiting.push(message);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
    for (const message of this.#waiting.splice(0)) listener(message);
  }

  onClose(listener: (why: string) => void): void {
    this.#onClose = listener;
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
    this.#onClose?.("the other end was closed");
  }
}

/** Both ends of a channel within one thread; nothing is cloned. */
export function portPair(): readonly [Port, Port] {
  const [host, worker] = [new PairedPort(), new PairedPort()];
  host.other = worker;
  worker.other = host;
  return [host, worker];
}
