import type { Role } from "@graft/api";

/** What one client may take of the server. */
export interface HttpLimits {
  /** Bytes of a request's line and headers together. */
  readonly headerBytes: number;
  readonly headers: number;
  /** For line and headers to arrive. */
  readonly headersMs: number;
  /** Bytes of a body of JSON. */
  readonly jsonBytes: number;
  /** For a body of JSON to arrive. */
  readonly jsonMs: number;
  /** A body of pictures or files without a byte for so long is given up; a client of a stream that reads nothing as well. */
  readonly idleMs: number;
  /** Bytes of one uploaded file. */
  readonly uploadBytes: number;
  /** Bytes of the picture or pictures of one prediction. */
  readonly predictBytes: number;
  /** Calls in one batch. */
  readonly batch: number;
  /** Streams of events that are open at once, over all. */
  readonly streams: number;
  readonly streamsPerToken: number;
  /** Connections that are open at once. */
  readonly connections: number;
  /** Between two signs of life on a stream; its token is looked at again then, too. */
  readonly pingMs: number;
}

export const HTTP_LIMITS: HttpLimits = {
  ...{ headerBytes: 16_384, headers: 100, headersMs: 10_000 },
  ...{ jsonBytes: 1_000_000, jsonMs: 30_000, idleMs: 60_000 },
  ...{ uploadBytes: 100e9, predictBytes: 50e6, batch: 64 },
  ...{ streams: 1000, streamsPerToken: 300, connections: 4000 },
  pingMs: 10_000,
};

/**
 * Requests a minute of a token; who has none asks as often as they like. A page of 200 thumbnails is 200 requests, and a class
 * with its phones shares one contributor's link.
 */
const PER_MINUTE: Readonly<Partial<Record<Role, number>>> = {
  member: 60_000,
  pupil: 12_000,
  contributor: 3000,
  predict: 60_000,
};

/** How many requests a minute a token may make; undefined: any number. */
export const requestsPerMinute = (role: Role): number | undefined => PER_MINUTE[role];
