import { createHash } from "node:crypto";
import type { Identity } from "@graft/api";
import { CoreError } from "@graft/core";
import { isOwnOrigin, type Sites } from "../edge/check-site.ts";
import { EdgeError, tooMany } from "../edge/edge-error.ts";
import type { Exchange } from "../edge/exchange.ts";
import { cookieToken, noTokenCookie } from "./cookie.ts";
import { requestsPerMinute } from "./limits.ts";
import { RateLimit } from "./rate-limit.ts";

/** Who knows tokens: api's identity service, which slows down who shows wrong ones. */
export interface TokenReader {
  /** @throws CoreError `unauthorized` for a token that lets nobody in, `busy` for an address that shows too many such. */
  byToken(token: string, use: { readonly from: string | null }): Promise<Identity>;
  /** As `byToken`, for who comes in by a page; it is kept. */
  signIn(token: string, use: { readonly from: string | null }): Promise<Identity>;
  /** @returns false for a token that ended or was revoked since. */
  isStillValid(identity: Identity): Promise<boolean>;
}

/** How long a token is known by its hash alone; then it is read anew, which also notes that it is used. */
const LATELY_MS = 30_000;
const MOST_LATELY = 5000;

const READS: ReadonlySet<string> = new Set(["GET", "OPTIONS"]);

/** Who a request is from, and whether they may ask so often. */
export class Entrance {
  readonly #reader: TokenReader;
  readonly #sites: Sites;
  readonly #requests = new RateLimit();
  /** Who came lately, by sha256 of the token. */
  readonly #lately = new Map<string, { readonly identity: Identity; readonly until: number }>();

  constructor(reader: TokenReader, sites: Sites) {
    this.#reader = reader;
    this.#sites = sites;
  }

  /**
   * @returns undefined for a request without a token.
   * @throws CoreError `unauthorized`, `busy`; EdgeError 429, and 403 for a write by cookie that no page of this server sent.
   */
  async identify(exchange: Exchange): Promise<Identity | undefined> {
    const shown = bearer(exchange);
    const token = shown ?? this.#fromCookie(exchange);
    if (token === undefined) return undefined;
    const identity = await this.#read(token, exchange, shown === undefined);
    exchange.account = identity.account.id;
    exchange.token = identity.token.id;
    const perMinute = requestsPerMinute(identity.token.role);
    if (perMinute === undefined) return identity;
    const seconds = this.#requests.take(identity.token.id, perMinute);
    if (seconds > 0) throw tooMany("This token makes too many requests.", seconds);
    return identity;
  }

  async #read(token: string, exchange: Exchange, isCookie: boolean): Promise<Identity> {
    try {
      return await this.#known(token, exchange.from);
    } catch (error) {
      // a browser would go on sending what is good no more
      if (isCookie && error instanceof CoreError && error.code === "unauthorized")
        exchange.headers.push("set-cookie", noTokenCookie(exchange.isTls));
      throw error;
    }
  }

  /**
   * To read a token takes its reader half of an empty request's time (it is spelt, checked and hashed on another thread); to
   * look whether it is good still, next to none.
   */
  async #known(token: string, from: string | null): Promise<Identity> {
    const key = createHash("sha256").update(token).digest("base64");
    const now = performance.now();
    const lately = this.#lately.get(key);
    if (lately && now < lately.until && (await this.#reader.isStillValid(lately.identity)))
      return lately.identity;
    this.#lately.delete(key);
    const identity = await this.#reader.byToken(token, { from });
    if (this.#lately.size >= MOST_LATELY) this.#lately.clear();
    this.#lately.set(key, { identity, until: now + LATELY_MS });
    return identity;
  }

  /** A browser sends the cookie by itself, so a write must come from a page of this server. */
  #fromCookie(exchange: Exchange): string | undefined {
    const token = cookieToken(exchange);
    if (token === undefined || READS.has(exchange.method) || isOwnOrigin(exchange, this.#sites)) return token;
    throw new EdgeError(403, {
      what: "A change that is asked for with a cookie must come from a page of this server.",
      received: `Origin: ${exchange.request.headers.origin ?? "none"}`,
      fix: "Send the token as `Authorization: Bearer TOKEN`.",
    });
  }
}

/** @throws CoreError `unauthorized` for an Authorization header of another kind. */
function bearer({ request }: Exchange): string | undefined {
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  const token = /^Bearer +(\S+) *$/i.exec(authorization)?.[1];
  if (token !== undefined) return token;
  throw new CoreError("unauthorized", {
    what: "The Authorization header cannot be read.",
    expected: "Authorization: Bearer TOKEN",
  });
}
