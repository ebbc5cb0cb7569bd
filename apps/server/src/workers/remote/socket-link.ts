import type { Port } from "@graft/core";
import type { WebSocket } from "ws";
import { framesOf, MAX_BODY_BYTES, MAX_HEAD_BYTES, MessageReader } from "./wire-format.ts";

/** Small enough that a line of 256 kbit/s carries one in 8 s, as each one heard is a sign of life. */
const FRAME_BYTES = 256 * 1024;
/** Frames that wait in the socket; more are made when these have left. */
const FRAMES_AHEAD = 8;

/** Options of a server for links: no frame is larger than those that are sent. */
export const SOCKET_OPTIONS = { maxPayload: FRAME_BYTES, perMessageDeflate: false } as const;

/**
 * Of a `WebSocket` to such a server. Masks keep what a page says from being taken for something else on its way; here no page
 * speaks, and a checkpoint of 1.4 GB crosses in a fifth of the time.
 */
export const CLIENT_SOCKET_OPTIONS = {
  ...SOCKET_OPTIONS,
  generateMask: (mask: Buffer): void => void mask.fill(0),
} as const;

/** How long is waited for a sign of life. */
export interface LinkTimes {
  /** Between two questions whether the other side lives. @default 10 s */
  readonly pingMs?: number;
  /** After so long without a sign it is taken for dead. @default 30 s */
  readonly silentMs?: number;
}

/** One thing on the wire: a message of core's protocol, or one between the two sides themselves. */
type Envelope = { readonly protocol: unknown } | { readonly control: unknown };

/** Messages that wait for a listener: one comes soon after the other side has signed in. */
const MAX_WAITING = 100;

/** What a port and its link hear of one kind, kept for who listens later. */
class Heard {
  readonly #waiting: unknown[] = [];
  #listener: ((message: unknown) => void) | undefined;

  /** @returns false for what cannot be kept any more. */
  tell(message: unknown): boolean {
    if (this.#listener) this.#listener(message);
    else this.#waiting.push(message);
    return this.#waiting.length <= MAX_WAITING;
  }

  listen(listener: (message: unknown) => void): void {
    this.#listener = listener;
    for (const message of this.#waiting.splice(0)) listener(message);
  }
}

/** A connection that carries core's `Port` and messages of its own, with bounds on what one side makes the other keep. */
export class SocketLink {
  /** Of core's protocol. Closing it sends what was posted before, and closes the connection. */
  readonly port: Port;
  /** Settles when the connection is over, with why, for people. */
  readonly closed: Promise<string>;
  readonly #socket: WebSocket;
  readonly #reader: MessageReader;
  readonly #protocol = new Heard();
  readonly #control = new Heard();
  readonly #toSend: Envelope[] = [];
  readonly #timer: NodeJS.Timeout;
  #isSending = false;
  #isClosing = false;
  /** Goes on with sending. */
  #wake: () => void = () => undefined;
  /** The first reason counts. */
  #why: string | undefined;
  #heardAt = performance.now();

  /** @param socket open, made with `SOCKET_OPTIONS`; it is this link's alone. */
  constructor(socket: WebSocket, { pingMs = 10_000, silentMs = 30_000 }: LinkTimes = {}) {
    this.#socket = socket;
    this.#reader = new MessageReader((message) => this.#hear(message));
    socket.binaryType = "nodebuffer";
    socket.on("message", (frame: Buffer) => this.#read(frame));
    for (const sign of ["ping", "pong"] as const) socket.on(sign, () => this.#sign());
    // a broken connection is told by its close
    socket.on("error", ({ message }) => {
      this.#why ??= message;
    });
    this.#timer = setInterval(() => {
      if (performance.now() - this.#heardAt > silentMs)
        this.end(`nothing was heard for ${silentMs / 1000} s`);
      else socket.ping();
    }, pingMs);
    this.closed = new Promise((resolve) => {
      socket.once("close", (code, reason) => {
        clearInterval(this.#timer);
        this.#toSend.length = 0;
        this.#wake();
        this.#why ??= reason.toString() || `the connection was closed (${code})`;
        resolve(this.#why);
      });
    });
    this.port = {
      post: (message) => this.#post({ protocol: message }),
      onMessage: (listener) => this.#protocol.listen(listener),
      onClose: (listener) => void this.closed.then(listener),
      close: () => this.close(),
    };
  }

  /** Says something beside the protocol. */
  say(control: unknown): void {
    this.#post({ control });
  }

  /** One listener; what came before it is kept for it. */
  onControl(listener: (message: unknown) => void): void {
    this.#control.listen(listener);
  }

  /** Until the other side is known, little is taken of it. @param limits @default the wire's */
  limit(limits = { headBytes: MAX_HEAD_BYTES, bodyBytes: MAX_BODY_BYTES }): void {
    this.#reader.limits = limits;
  }

  /** Sends what was said before, then closes. */
  close(): void {
    this.#isClosing = true;
    if (!this.#isSending) this.#socket.close(1000);
  }

  /** Breaks the connection off. @param why for people */
  end(why: string): void {
    this.#why ??= why;
    this.#socket.terminate();
  }

  #sign(): void {
    this.#heardAt = performance.now();
  }

  #read(frame: Uint8Array): void {
    this.#sign();
    try {
      this.#reader.read(frame);
    } catch (error) {
      this.end(error instanceof Error ? error.message : String(error));
    }
  }

  #hear(message: unknown): void {
    if (typeof message !== "object" || message === null) return;
    const heard = "control" in message ? this.#control : this.#protocol;
    const content =
      "control" in message ? message.control : "protocol" in message ? message.protocol : message;
    if (!heard.tell(content)) this.end("the other side says too much");
  }

  #post(envelope: Envelope): void {
    if (this.#isClosing || this.#socket.readyState !== this.#socket.OPEN) return;
    this.#toSend.push(envelope);
    if (!this.#isSending) void this.#send();
  }

  async #send(): Promise<void> {
    this.#isSending = true;
    let ahead = 0;
    const sent = (): void => {
      ahead--;
      this.#wake();
    };
    for (let next = this.#toSend.shift(); next; next = this.#toSend.shift())
      for (const frame of framesOf(next, FRAME_BYTES)) {
        while (ahead >= FRAMES_AHEAD && this.#socket.readyState === this.#socket.OPEN)
          await new Promise<void>((resolve) => {
            this.#wake = resolve;
          });
        if (this.#socket.readyState !== this.#socket.OPEN) break;
        ahead++;
        this.#socket.send(frame, sent);
      }
    this.#isSending = false;
    if (this.#isClosing) this.#socket.close(1000);
  }
}
