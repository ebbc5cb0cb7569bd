import { answerHeaders, send } from "../edge/answer.ts";
import { EdgeError } from "../edge/edge-error.ts";
import type { Exchange } from "../edge/exchange.ts";
import { pipeOut } from "../rpc/pipe-out.ts";

/** Bytes that a client may have: of a picture, of a model's file. */
export interface OpenedFile {
  /** sha256, hex: the file's ETag. */
  readonly hash: string;
  readonly bytes: number;
  /** "image/jpeg" */
  readonly mediaType: string;
  /** The name that a browser saves it under. @default the last part of the address */
  readonly name?: string;
  /** @param range @default all of it */
  stream(range?: ByteRange): Promise<AsyncIterable<Uint8Array>>;
}

export interface ByteRange {
  readonly start: number;
  readonly length: number;
}

export interface SendOptions {
  /** Seconds that a browser may show it again without asking; 0: it asks each time. */
  readonly maxAge: number;
  /** A client that takes nothing for so long is sent away. */
  readonly idleMs: number;
}

/** Nothing of a file is ever run, whatever it is and whoever opens it. */
export const INERT = [
  "content-security-policy",
  "default-src 'none'; frame-ancestors 'none'; sandbox",
] as const;

/** Sends a file, or the part of it that was asked for; nothing but a word where the client has it already. */
export async function sendFile(exchange: Exchange, file: OpenedFile, options: SendOptions): Promise<void> {
  const { request, response } = exchange;
  const etag = `"${file.hash}"`;
  const age = options.maxAge === 0 ? "no-cache" : `max-age=${options.maxAge}`;
  const kept = ["etag", etag, "cache-control", `private, ${age}`, "vary", "authorization, cookie"];
  if (matches(request.headers["if-none-match"], etag)) {
    send(exchange, { status: 304, headers: kept });
    return;
  }
  // a client that goes on with a file it began wants the rest of that one alone
  const condition = request.headers["if-range"];
  const asked = condition === undefined || condition === etag ? request.headers.range : undefined;
  const range = rangeOf(asked, file.bytes);
  const { start, length } = range ?? { start: 0, length: file.bytes };
  const headers = [
    ...kept,
    ...["content-type", file.mediaType, "content-length", String(length), "accept-ranges", "bytes"],
    ...(range ? ["content-range", `bytes ${start}-${start + length - 1}/${file.bytes}`] : []),
    ...(file.name === undefined ? [] : ["content-disposition", attachment(file.name)]),
    ...INERT,
  ];
  const isHead = request.method === "HEAD";
  const pieces = isHead || length === 0 ? [] : await file.stream(range);
  response.writeHead(range ? 206 : 200, answerHeaders(exchange, headers));
  await pipeOut(exchange, pieces, options.idleMs);
}

/** If-None-Match: a list of tags, each perhaps a weak one, or any. */
const matches = (header: string | undefined, etag: string): boolean =>
  header?.split(",").some((tag) => [etag, `W/${etag}`, "*"].includes(tag.trim())) ?? false;

/**
 * One range of bytes; several, and what is no range of bytes, are answered with the whole file, as the standard allows.
 * @throws EdgeError 416 for one that begins behind the end.
 */
export function rangeOf(header: string | undefined, bytes: number): ByteRange | undefined {
  const found = /^bytes=(\d*)-(\d*)$/.exec(header ?? "");
  if (!found) return undefined;
  const [, from = "", to = ""] = found;
  if (from === "" && to === "") return undefined;
  const start = from === "" ? Math.max(0, bytes - Number(to)) : Number(from);
  const end = from === "" || to === "" ? bytes - 1 : Math.min(Number(to), bytes - 1);
  if (from !== "" && to !== "" && Number(to) < Number(from)) return undefined;
  if (start >= bytes || (from === "" && Number(to) === 0))
    throw new EdgeError(
      416,
      {
        what: "The range is behind the file's end.",
        received: header ?? "",
        expected: `bytes below ${bytes}`,
      },
      ["content-range", `bytes */${bytes}`],
    );
  return { start, length: end - start + 1 };
}

/** A name of any letters, said so that every browser saves it under it. */
export function attachment(name: string): string {
  const plain = name.replace(/[^\w .()-]/g, "_");
  const encoded = encodeURIComponent(name).replace(
    /['()*]/g,
    (letter) => `%${letter.charCodeAt(0).toString(16)}`,
  );
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`;
}
