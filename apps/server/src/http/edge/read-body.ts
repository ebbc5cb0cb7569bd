import { visibleText } from "@graft/core";
import { EdgeError } from "./edge-error.ts";
import type { Exchange } from "./exchange.ts";

export interface BodyLimits {
  readonly maxBytes: number;
  /** For the whole body. */
  readonly maxMs: number;
}

const tooLarge = (maxBytes: number): EdgeError =>
  new EdgeError(413, {
    what: "The body is too large.",
    expected: `at most ${maxBytes} bytes`,
    fix: "Send it in several requests.",
  });

const tooSlow = (maxMs: number): EdgeError =>
  new EdgeError(408, {
    what: "The body took too long to arrive.",
    expected: `all of it within ${maxMs / 1000} s`,
    fix: "Try again.",
  });

/** Tells a client that waits for it to send its body. */
export function askForBody(exchange: Exchange): void {
  if (!exchange.isBodyAwaited) return;
  exchange.isBodyAwaited = false;
  exchange.response.writeContinue();
}

/**
 * A whole body. One that says it is larger is refused before any of it is read.
 * @throws EdgeError 413, 408; 400 for a client that left in the middle.
 */
export function readBody(exchange: Exchange, { maxBytes, maxMs }: BodyLimits): Promise<Buffer> {
  const { request } = exchange;
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (!exchange.hasBody) return Promise.resolve(Buffer.alloc(0));
  askForBody(exchange);
  return new Promise((settle, reject) => {
    const pieces: Buffer[] = [];
    let bytes = 0;
    const timer = setTimeout(() => fail(tooSlow(maxMs)), maxMs);
    const stop = (): void => {
      clearTimeout(timer);
      request.off("data", onData).off("end", onEnd).off("close", onClose);
    };
    const fail = (error: EdgeError): void => {
      stop();
      reject(error);
    };
    const onData = (piece: Buffer): void => {
      bytes += piece.length;
      exchange.bytesIn = bytes;
      if (bytes > maxBytes) fail(tooLarge(maxBytes));
      else pieces.push(piece);
    };
    const onEnd = (): void => {
      stop();
      settle(Buffer.concat(pieces));
    };
    const onClose = (): void => fail(new EdgeError(400, { what: "The body ended too early." }));
    request.on("data", onData).once("end", onEnd).once("close", onClose);
  });
}

/**
 * A body of JSON; undefined where there is none.
 * @throws EdgeError 415 for another media type (a form of another site can send some, JSON it cannot), 400 for what is no JSON.
 */
export async function readJson(exchange: Exchange, limits: BodyLimits): Promise<unknown> {
  if (!exchange.hasBody) return undefined;
  const [type] = (exchange.request.headers["content-type"] ?? "").split(";", 1);
  if (type?.trim().toLowerCase() !== "application/json")
    throw new EdgeError(415, {
      what: "The body is not JSON.",
      received: type === "" ? "no content-type" : `content-type: ${type}`,
      expected: "content-type: application/json",
    });
  const bytes = await readBody(exchange, limits);
  if (bytes.length === 0) return undefined;
  return parseJson(decode(bytes), "The body");
}

function decode(bytes: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw new EdgeError(400, { what: "The body is not UTF-8." });
  }
}

/** @param what how the text is called: "The body". @throws EdgeError 400 */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const received = brokenAt(text, error);
    throw new EdgeError(400, {
      what: `${what} is not JSON.`,
      received,
      fix: "Correct it and send it again.",
    });
  }
}

/** How much of a text is shown. */
const SHOWN = 30;

const excerpt = (text: string): string =>
  `"${visibleText(text.slice(0, SHOWN))}${text.length > SHOWN ? "…" : ""}"`;

/** Where a text stops being JSON, as far as the engine's own words name a place. */
function brokenAt(text: string, error: unknown): string {
  if (text === "") return "nothing";
  const message = error instanceof Error ? error.message : "";
  const [, position] = /at position (\d+)/.exec(message) ?? [];
  const at = position === undefined ? undefined : Number(position);
  if (/end of JSON/.test(message) || (at !== undefined && at >= text.length))
    return `${text.length} characters, which end too early`;
  if (at === undefined) return excerpt(text);
  const before = text.slice(0, at).split("\n");
  return `${excerpt(text.slice(at))} in line ${before.length}, column ${(before.at(-1) ?? "").length + 1}`;
}

/** A body in pieces, as fast as they are taken. */
export interface BodyStream {
  readonly maxBytes: number;
  /** Without a byte for so long, it is given up. */
  readonly idleMs: number;
}

/** @throws EdgeError 413, 408; 400 for a client that left in the middle. */
export async function* streamBody(
  exchange: Exchange,
  { maxBytes, idleMs }: BodyStream,
): AsyncGenerator<Buffer, void> {
  const { request } = exchange;
  if (Number(request.headers["content-length"] ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (!exchange.hasBody) return;
  askForBody(exchange);
  let bytes = 0;
  // the request stays open for its answer
  const pieces: AsyncIterator<Buffer> = request.iterator({ destroyOnReturn: false });
  try {
    for (;;) {
      const piece = await within(pieces.next(), idleMs);
      if (piece.done) break;
      bytes += piece.value.length;
      exchange.bytesIn = bytes;
      if (bytes > maxBytes) throw tooLarge(maxBytes);
      yield piece.value;
    }
  } catch (error) {
    throw error instanceof EdgeError ? error : new EdgeError(400, { what: "The body ended too early." });
  } finally {
    // not waited for: it ends with the piece that is under way, which may never come
    void pieces.return?.();
  }
  if (!request.complete) throw new EdgeError(400, { what: "The body ended too early." });
}

/** @throws EdgeError 408 when it takes longer. */
async function within<T>(work: Promise<T>, maxMs: number): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(tooSlow(maxMs)), maxMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
    // a client that leaves later tells nobody
    work.catch(() => undefined);
  }
}
