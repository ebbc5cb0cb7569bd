import { EdgeError } from "./edge-error.ts";
import type { Exchange } from "./exchange.ts";

/** From where this server may be spoken to. */
export interface Sites {
  /** Names and addresses that it answers to, in lower case, IPv6 without brackets. */
  readonly names: ReadonlySet<string>;
  /** Origins of other sites whose pages may call it, "https://example.org". */
  readonly origins: ReadonlySet<string>;
}

/** The name in a Host header: without port and brackets, in lower case; undefined for what is none. */
export function hostName(host: string | undefined): string | undefined {
  const parts = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]@/\\?#\s]+))(?::\d{1,5})?$/.exec(host ?? "");
  // a name may end with the root's dot
  return (parts?.[1] ?? parts?.[2])?.toLowerCase().replace(/\.$/, "");
}

/**
 * A page of another site may point a name of its own at this machine (DNS rebinding): only names that are this server's get
 * an answer. @throws EdgeError 421, 400.
 */
export function checkHost({ request }: Exchange, { names }: Sites): void {
  const name = hostName(request.headers.host);
  if (name === undefined)
    throw new EdgeError(400, { what: "The request has no Host header that can be read." });
  if (names.has(name)) return;
  throw new EdgeError(421, {
    what: "This server does not go by this name.",
    received: name,
    fix: "Use an address that it printed when it started, or start it with `graft serve --host-name NAME`.",
  });
}

/** True for a request of a page of this server, or of one that may call it as its own. */
export function isOwnOrigin(exchange: Exchange, { origins }: Sites): boolean {
  const { origin } = exchange.request.headers;
  return origin !== undefined && (origin === exchange.origin || origins.has(origin));
}

/**
 * Pages of other sites get nothing, unless they are named; those that are may read answers.
 * @throws EdgeError 403
 */
export function checkOrigin(exchange: Exchange, sites: Sites): void {
  const { origin } = exchange.request.headers;
  if (origin === undefined || origin === exchange.origin) return;
  if (!sites.origins.has(origin))
    throw new EdgeError(403, {
      what: "Pages of another site may not call this server.",
      received: origin,
      fix: "Whoever runs it lets that site in with `graft serve --allow-origin SITE`.",
    });
  exchange.headers.push(
    ...["access-control-allow-origin", origin, "vary", "origin"],
    ...[
      "access-control-expose-headers",
      "content-range, deprecation, etag, graft-version, retry-after, sunset, x-request-id",
    ],
  );
}

/** A browser's question before a call of another site; the answer says what such a call may have. */
export const PREFLIGHT = [
  ...["access-control-allow-methods", "GET, HEAD, POST, PUT, PATCH, DELETE"],
  ...[
    "access-control-allow-headers",
    "authorization, content-type, graft-client, last-event-id, range, trpc-accept, x-request-id",
  ],
  ...["access-control-allow-private-network", "true"],
  ...["access-control-max-age", "600"],
] as const;
