/**
 * The globals that portable files may use: what Node 20 and a browser's worker both have, as far as it is used.
 *
 * Portable files (no `-node` or `-browser` in their name) see these and ES2023, and nothing else; Node and browser files
 * see their platform's own declarations in place of these.
 */

// text and bytes
declare class TextEncoder {
  encode(text?: string): Uint8Array<ArrayBuffer>;
}
declare class TextDecoder {
  constructor(encoding?: string, options?: { readonly fatal?: boolean; readonly ignoreBOM?: boolean });
  decode(bytes?: ArrayBuffer | ArrayBufferView, options?: { readonly stream?: boolean }): string;
}
declare function atob(base64: string): string;
declare function btoa(binary: string): string;
declare function structuredClone<T>(
  value: T,
  options?: { readonly transfer?: readonly (ArrayBuffer | MessagePort)[] },
): T;
declare var crypto: {
  readonly subtle: {
    digest(algorithm: "SHA-256", data: ArrayBuffer | ArrayBufferView<ArrayBuffer>): Promise<ArrayBuffer>;
  };
  getRandomValues<T extends ArrayBufferView<ArrayBuffer>>(array: T): T;
  randomUUID(): string;
};

// time: a timer is a number in browsers and an object in Node, so nothing may be made of it
declare interface PlatformTimer {
  readonly kind: "timer";
}
declare function setTimeout(work: () => void, delayMs?: number): PlatformTimer;
declare function clearTimeout(timer: PlatformTimer | undefined): void;
declare function setInterval(work: () => void, periodMs?: number): PlatformTimer;
declare function clearInterval(timer: PlatformTimer | undefined): void;
declare function queueMicrotask(work: () => void): void;
declare var performance: {
  /** Milliseconds; never goes back. */
  now(): number;
};

// events and cancelling
declare class Event {
  constructor(type: string);
  readonly type: string;
}
declare class MessageEvent extends Event {
  readonly data: unknown;
}
declare class EventTarget {
  addEventListener(
    type: string,
    listener: (event: Event) => void,
    options?: { readonly once?: boolean; readonly signal?: AbortSignal },
  ): void;
  removeEventListener(type: string, listener: (event: Event) => void): void;
  dispatchEvent(event: Event): boolean;
}
declare class AbortSignal extends EventTarget {
  private constructor();
  static any(signals: readonly AbortSignal[]): AbortSignal;
  static timeout(delayMs: number): AbortSignal;
  static abort(reason?: unknown): AbortSignal;
  readonly aborted: boolean;
  readonly reason: unknown;
  throwIfAborted(): void;
}
declare class AbortController {
  readonly signal: AbortSignal;
  abort(reason?: unknown): void;
}

// messages between threads
declare class MessagePort extends EventTarget {
  private constructor();
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer?: readonly (ArrayBuffer | MessagePort)[]): void;
  start(): void;
  close(): void;
}

// the network
declare class URL {
  constructor(url: string, base?: string | URL);
  static canParse(url: string, base?: string | URL): boolean;
  readonly href: string;
  readonly protocol: string;
  readonly username: string;
  readonly password: string;
  readonly host: string;
  readonly pathname: string;
}
declare class ReadableStream<Chunk> implements AsyncIterable<Chunk> {
  [Symbol.asyncIterator](): AsyncIterableIterator<Chunk>;
  cancel(reason?: unknown): Promise<void>;
}
declare interface RequestInit {
  readonly method?: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string | Uint8Array<ArrayBuffer>;
  readonly signal?: AbortSignal | null;
}
declare class Response {
  private constructor();
  readonly ok: boolean;
  readonly status: number;
  readonly statusText: string;
  readonly headers: { get(name: string): string | null };
  readonly body: ReadableStream<Uint8Array<ArrayBuffer>> | null;
  arrayBuffer(): Promise<ArrayBuffer>;
  text(): Promise<string>;
}

// WebGPU: what the types that tfjs brings (an older draft) lack
declare interface GPUAdapterInfo {
  readonly isFallbackAdapter: boolean;
}
declare interface GPUAdapter {
  readonly info: GPUAdapterInfo;
}
declare interface GPUDevice {
  addEventListener(type: "uncapturederror", listener: (event: GPUUncapturedErrorEvent) => void): void;
}
declare interface GPUUncapturedErrorEvent {
  readonly error: GPUError;
}
declare interface GPUError {
  readonly message: string;
}
