import { HostAdmin, type HostRole } from "./host-admin.ts";
import type { Identity } from "./identity.ts";
import type { TokenParts } from "./identity-parts.ts";
import { endOf, type KnownToken, refusalOf } from "./known-tokens.ts";
import { RateLimit } from "./rate.ts";
import { secretHash } from "./secret.ts";
import { SignInGuard, tooMany } from "./sign-in-guard.ts";

/** The use of a token is written once a minute at most. */
const USE_NOTED_MS = 60_000;
const ONCE_A_MINUTE = { burst: 1, perMinute: 1 } as const;

/** Who somebody is. The host asks with each call; no answer is older than a second. */
export class IdentityService {
  readonly #parts: TokenParts;
  readonly #guard: SignInGuard;
  readonly #predictions: RateLimit;
  readonly #uses: RateLimit;
  readonly #host: HostAdmin;

  constructor(parts: TokenParts) {
    this.#parts = parts;
    this.#guard = new SignInGuard(parts.clock, parts.audit);
    this.#predictions = new RateLimit(parts.clock);
    this.#uses = new RateLimit(parts.clock);
    this.#host = new HostAdmin(parts);
  }

  /**
   * @param text token or code as it was sent.
   * @throws CoreError `unauthorized` with the fact `reason` (mistyped, ended, unknown; a revoked one is told as an unknown one);
   *   `busy` for an address that was refused too often, unless its token let somebody in before.
   */
  async byToken(text: string, { from }: { readonly from: string | null }): Promise<Identity> {
    const hash = await secretHash(text);
    if (hash === undefined) throw await this.#guard.refuse("mistyped", { from });
    if (!this.#parts.known.wasValid(hash)) this.#guard.check(from);
    const known = await this.#parts.known.byHash(hash);
    const refusal = known ? refusalOf(known, this.#parts.clock()) : "unknown";
    if (!known || refusal !== null) throw await this.#guard.refuse(refusal ?? "unknown", { from, known });
    await this.#noteUse(known, from);
    return identityOf(known);
  }

  /** The same for who comes in by a link or a form, which is kept. */
  async signIn(text: string, { from }: { readonly from: string | null }): Promise<Identity> {
    const identity = await this.byToken(text, { from });
    const { account, token } = identity;
    await this.#parts.audit.note({ from, account: account.id, token: token.id }, "sign-in");
    return identity;
  }

  /**
   * For what stays open long, such as a stream of events: the host asks every few seconds and ends it when this is false.
   * @returns false once the token was revoked or has ended, or its account is gone.
   */
  async isStillValid({ token }: Identity): Promise<boolean> {
    const known = await this.#parts.known.byId(token.id);
    return known !== undefined && refusalOf(known, this.#parts.clock()) === null;
  }

  /**
   * Counts predictions against the token's own rate, if it has one.
   * @throws CoreError `busy` with `retryAfterMs`.
   */
  takePredictions({ token }: Identity, count = 1): void {
    const { perMinute } = token.scope;
    if (perMinute === undefined) return;
    const waitMs = this.#predictions.take(token.id, { burst: perMinute, perMinute }, count);
    if (waitMs > 0) throw tooMany(`This token allows ${perMinute} pictures a minute.`, waitMs);
  }

  /**
   * For the host at its start: makes the first admin of a new store. Where no admin can come in any more (all of their tokens
   * were revoked or have ended) the first of them gets a new token.
   * @returns a token that was made, to be shown once; undefined: there is one already.
   */
  ensureAdmin(): Promise<string | undefined> {
    return this.#host.ensure();
  }

  /** For who owns the host's machine, and with it the store. @returns a new token of the first admin, of this role. */
  hostToken(name: string, endsAt: number | null, role: HostRole = "admin"): Promise<string> {
    return this.#host.token(name, endsAt, role);
  }

  async #noteUse({ token }: KnownToken, from: string | null): Promise<void> {
    const at = this.#parts.clock();
    if (token.lastUsedAt !== null && at - token.lastUsedAt < USE_NOTED_MS) return;
    if (this.#uses.take(token.id, ONCE_A_MINUTE) > 0) return;
    try {
      await this.#parts.repository.tokens.used(token.id, { at, from });
    } catch {
      // a full disk must not keep out who comes to make room; what else is wrong with the store the call itself meets
    }
  }
}

function identityOf(known: KnownToken): Identity {
  const { id, name, role, scope } = known.token;
  return { account: known.account, token: { id, name, role, scope, endsAt: endOf(known) } };
}
