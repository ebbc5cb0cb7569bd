import type { Exchange } from "../edge/exchange.ts";
import type { Operation } from "./operations.ts";

/**
 * Has the answer say that its procedure goes, and when: `Deprecation` (RFC 9745) and `Sunset` (RFC 8594). Of a batch the first
 * such procedure says it.
 */
export function noteDeprecation({ headers }: Exchange, { meta: { deprecated } }: Operation): void {
  if (!deprecated || headers.includes("deprecation")) return;
  const { since, sunset } = deprecated;
  headers.push(
    ...["deprecation", `@${Date.parse(since) / 1000}`],
    ...["sunset", new Date(Date.parse(sunset)).toUTCString()],
  );
}
