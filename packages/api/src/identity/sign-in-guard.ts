import { CoreError } from "@graft/core";
import type { Clock } from "../ports/clock.ts";
import { addressKey } from "./address-key.ts";
import type { AuditService } from "./audit-service.ts";
import type { KnownToken } from "./known-tokens.ts";
import { RateLimit } from "./rate.ts";

/** Why a token lets nobody in. What is told of "unknown" and "revoked" is the same. */
export type Refusal = "mistyped" | "unknown" | "revoked" | "ended";

/** A class behind one address may err now and then; who guesses gets nowhere. */
const REFUSED_SIGN_INS = { burst: 30, perMinute: 10 } as const;
/** Kept lines of refused sign-ins: of one address, and of all together, so that nobody fills the store. */
const KEPT_OF_ADDRESS = { burst: 10, perMinute: 1 } as const;
const KEPT_OF_ALL = { burst: 200, perMinute: 20 } as const;

/** Says no to tokens, slowly to who is told no too often, and keeps that it did; never the token. */
export class SignInGuard {
  readonly #audit: AuditService;
  readonly #refused: RateLimit;
  readonly #kept: RateLimit;

  constructor(clock: Clock, audit: AuditService) {
    this.#audit = audit;
    this.#refused = new RateLimit(clock);
    this.#kept = new RateLimit(clock);
  }

  /** @throws CoreError `busy` for an address that was refused too often of late. */
  check(from: string | null): void {
    const waitMs = this.#refused.wait(addressKey(from), REFUSED_SIGN_INS);
    if (waitMs > 0) throw tooMany("Too many tokens from this address let nobody in.", waitMs);
  }

  /** @returns the error to throw. */
  async refuse(
    refusal: Refusal,
    { from, known }: { readonly from: string | null; readonly known?: KnownToken | undefined },
  ): Promise<CoreError> {
    const key = addressKey(from);
    // what is mistyped was looked for nowhere, and is nobody's guess: a guess has its check digits
    if (refusal !== "mistyped") this.#refused.take(key, REFUSED_SIGN_INS);
    if (this.#kept.take(key, KEPT_OF_ADDRESS) === 0 && this.#kept.take("all", KEPT_OF_ALL) === 0) {
      const whose = known && { account: known.account.id, token: known.token.id };
      await this.#audit.note({ from, ...whose }, "sign-in-refused", { reason: refusal });
    }
    return refused(refusal);
  }
}

/** @param waitMs after which it can be tried again: fact `retryAfterMs`. */
export function tooMany(what: string, waitMs: number): CoreError {
  const seconds = Math.ceil(waitMs / 1000);
  return new CoreError(
    "busy",
    { what, fix: `Try again in ${seconds} s.` },
    { facts: { retryAfterMs: waitMs } },
  );
}

function refused(refusal: Refusal): CoreError {
  const text = TEXTS[refusal];
  return new CoreError("unauthorized", text, { facts: { reason: text.reason } });
}

const STRANGER = {
  reason: "unknown",
  what: "This token lets nobody in.",
  fix: "Ask an admin for a new one.",
} as const;

const TEXTS = {
  unknown: STRANGER,
  revoked: STRANGER,
  ended: {
    reason: "ended",
    what: "This token has ended.",
    fix: "Ask who gave it to you for a new one.",
  },
  mistyped: {
    reason: "mistyped",
    what: "This token is mistyped or cut off.",
    expected: "graft_ and 56 letters and digits, or four groups of four letters and digits",
    fix: "Copy it again, whole.",
  },
} as const;
