/** What one end of a channel hears: messages, kept for a listener that comes later, and that the other end is gone. */
export class Inbox {
  readonly #waiting: unknown[] = [];
  #listener: ((message: unknown) => void) | undefined;
  #onClose: ((why: string) => void) | undefined;
  #gone: string | undefined;

  receive(message: unknown): void {
    if (this.#listener) this.#listener(message);
    else this.#waiting.push(message);
  }

  /** The other end is gone; the first reason counts. */
  end(why: string): void {
    if (this.#gone !== undefined) return;
    this.#gone = why;
    this.#onClose?.(why);
  }

  onMessage(listener: (message: unknown) => void): void {
    this.#listener = listener;
    for (const message of this.#waiting.splice(0)) listener(message);
  }

  onClose(listener: (why: string) => void): void {
    this.#onClose = listener;
    if (this.#gone !== undefined) listener(this.#gone);
  }
}
