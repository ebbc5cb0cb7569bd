import type { Exchange } from "./exchange.ts";

/** What is on every answer: nothing of it runs, is framed, is guessed at or tells where one came from. */
const COMMON = [
  ...["x-content-type-options", "nosniff"],
  ...["referrer-policy", "no-referrer"],
  ...["cross-origin-resource-policy", "same-origin"],
] as const;

/** Of what is no page: even opened in a browser, it does nothing. */
const INERT = ["content-security-policy", "default-src 'none'; frame-ancestors 'none'; sandbox"] as const;

/** Answers say what one caller may see, now. */
const UNKEPT = ["cache-control", "no-store"] as const;

/** A client that was refused before it sent all it has must read why: what it still sends is passed over for so long. */
const LINGER_MS = 5000;

export interface Answer {
  readonly status: number;
  /** Name, value, name, value … */
  readonly headers?: readonly string[];
  readonly body?: string | Uint8Array;
}

/** The headers of an answer in the form that `writeHead` takes fastest. @param own name, value, name, value … */
export function answerHeaders(exchange: Exchange, own: readonly string[]): string[] {
  return [...COMMON, "x-request-id", exchange.id, ...exchange.headers, ...own];
}

/** JSON, complete. */
export function sendJson(
  exchange: Exchange,
  status: number,
  text: string,
  headers: readonly string[] = [],
): void {
  const own = ["content-type", "application/json", ...UNKEPT, ...INERT, ...headers];
  send(exchange, { status, headers: own, body: text });
}

/** A whole answer with headers of its own. A request whose body nobody read is read to its end, or given up after a while. */
export function send(exchange: Exchange, { status, headers = [], body = "" }: Answer): void {
  const { request, response } = exchange;
  if (response.headersSent) return;
  const own = answerHeaders(exchange, headers);
  // 204 and 304 have no body and say no length
  if (status !== 204 && status !== 304) own.push("content-length", String(Buffer.byteLength(body)));
  if (!exchange.hasBody || request.complete) {
    response.writeHead(status, own);
    response.end(body);
    return;
  }
  response.writeHead(status, [...own, "connection", "close"]);
  // nothing more of one that took too long is waited for
  const lingerMs = status === 408 ? 0 : LINGER_MS;
  // closing now would take the answer away from a client that still sends
  if (body.length > 0) response.write(body);
  const timer = setTimeout(() => {
    response.end();
    request.destroy();
  }, lingerMs);
  const end = (): void => {
    clearTimeout(timer);
    response.end();
  };
  request.once("end", end).once("close", end).once("error", end);
  // a client that waits for a word before it sends has nothing under way
  if (exchange.isBodyAwaited) end();
  else request.resume();
}
