import { CoreError, type ErrorCode, type ErrorParts } from "@graft/core";

/** What HTTP itself refuses, with the status that says so; all else has the status of its code (`rpc/trpc.ts` of api). */
const STATUSES = {
  400: "bad-input",
  403: "forbidden",
  404: "not-found",
  405: "unsupported",
  408: "limit",
  413: "limit",
  415: "unsupported",
  416: "bad-input",
  421: "forbidden",
  426: "unsupported",
  429: "busy",
  431: "limit",
  503: "busy",
} as const satisfies Readonly<Record<number, ErrorCode>>;

export type EdgeStatus = keyof typeof STATUSES;

export class EdgeError extends CoreError {
  readonly status: EdgeStatus;
  /** Of the answer: name, value, name, value … */
  readonly headers: readonly string[];

  constructor(status: EdgeStatus, parts: ErrorParts, headers: readonly string[] = []) {
    super(STATUSES[status], parts);
    this.status = status;
    this.headers = headers;
  }
}

export const notFound = (): EdgeError =>
  new EdgeError(404, {
    what: "There is nothing at this address.",
    fix: "GET /api/v1/openapi.json lists all addresses.",
  });

export const wrongMethod = (allowed: readonly string[]): EdgeError =>
  new EdgeError(
    405,
    {
      what: "This address does not take the method.",
      expected: allowed.join(" or "),
    },
    ["allow", allowed.join(", ")],
  );

/** @param seconds when to try again. */
export const tooMany = (what: string, seconds: number): EdgeError =>
  new EdgeError(429, { what, fix: `Try again in ${seconds} s.` }, ["retry-after", String(seconds)]);
