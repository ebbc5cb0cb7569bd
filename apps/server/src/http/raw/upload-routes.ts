import { type Caller, SPOOLED_BYTES } from "@graft/api";
import type { HttpLimits } from "../access/limits.ts";
import { sendJson } from "../edge/answer.ts";
import { EdgeError } from "../edge/edge-error.ts";
import { streamBody } from "../edge/read-body.ts";
import type { JsonSchema } from "../rpc/json-schema.ts";
import { callerOf, part, type RawRequest, type RawRoute } from "./raw-route.ts";

/** Takes in the files of uploads: api's upload service. */
export interface UploadReceiver {
  /**
   * Takes a file's bytes as they come. When the connection breaks, what came stays.
   * @param offset how many bytes were sent before.
   * @throws CoreError `not-found` for an upload that is not the caller's, or that names no such hash; `conflict` for another
   *   offset than there are bytes (facts: `have`); `corrupt` for other bytes.
   */
  receive(
    caller: Caller,
    upload: string,
    hash: string,
    bytes: AsyncIterable<Uint8Array>,
    offset: number,
  ): Promise<SentFile>;
  /** @throws CoreError `not-found`, as `receive`. */
  sent(caller: Caller, upload: string, hash: string): Promise<SentFile>;
}

/** How far a file has come. */
export interface SentFile {
  /** How many bytes are here. */
  readonly bytes: number;
  /** All of them are. */
  readonly isHere: boolean;
}

const PATH = "/uploads/{upload}/blobs/{hash}";

const HASH = /^[0-9a-f]{64}$/;

const PARAMETERS = {
  upload: "Id of the upload.",
  hash: { type: "string", pattern: HASH.source, description: "sha256 of the file, in hexadecimal." },
} as const;

const SENT: JsonSchema = {
  type: "object",
  required: ["bytes", "isHere"],
  properties: {
    bytes: { type: "integer", description: "How many bytes are here." },
    isHere: { type: "boolean", description: "All of them are." },
  },
};

function hashOf(request: RawRequest): string {
  const hash = part(request, "hash");
  if (HASH.test(hash)) return hash;
  throw new EdgeError(400, {
    what: "This is no sha256.",
    received: hash.slice(0, 100),
    expected: "64 digits of 0 to 9 and a to f",
  });
}

/** @throws EdgeError 400 */
function offsetOf({ exchange }: RawRequest): number {
  const text = new URLSearchParams(exchange.search).get("offset") ?? "0";
  if (/^\d{1,15}$/.test(text)) return Number(text);
  throw new EdgeError(400, { what: "`offset` is no number of bytes.", received: text.slice(0, 100) });
}

const sentText = ({ bytes, isHere }: SentFile): string => JSON.stringify({ bytes, isHere });

export const uploadRoutes = (uploads: UploadReceiver, limits: HttpLimits): readonly RawRoute[] => [
  {
    ...{ name: "uploads.send", method: "PUT", path: PATH },
    summary: "Send a file of an upload, or the rest of it",
    description: `A file of up to ${SPOOLED_BYTES} bytes is sent whole, in one request: of less nothing is kept. A larger one may come in pieces, in the order of its bytes; what came of it stays, also when the connection breaks: GET of this address says how many bytes are here, and a PUT with that \`offset\` goes on. Bytes that turn out to be others than were told of (413, 422) are dropped, and the file is sent from its start again.`,
    parameters: {
      ...PARAMETERS,
      offset: {
        ...{ type: "integer", minimum: 0, maximum: 999_999_999_999_999 },
        description:
          "How many bytes of it were sent before: those of the body go behind them. 0 where it is left out.",
      },
    },
    body: { description: "The file's bytes.", content: { "application/octet-stream": {} } },
    answers: { "200": { description: "How far it has come.", content: { "application/json": SENT } } },
    async answer(request) {
      const { exchange } = request;
      const caller = await callerOf("uploads.send", request);
      const bytes = streamBody(exchange, { maxBytes: limits.uploadBytes, idleMs: limits.idleMs });
      const offset = offsetOf(request);
      const sent = await uploads.receive(caller, part(request, "upload"), hashOf(request), bytes, offset);
      sendJson(exchange, 200, sentText(sent));
    },
  },
  {
    ...{ name: "uploads.sent", method: "GET", path: PATH, parameters: PARAMETERS },
    summary: "How far a file of an upload has come",
    answers: { "200": { description: "How far it has come.", content: { "application/json": SENT } } },
    async answer(request) {
      const caller = await callerOf("uploads.sent", request);
      const sent = await uploads.sent(caller, part(request, "upload"), hashOf(request));
      sendJson(request.exchange, 200, sentText(sent));
    },
  },
];
