import type { Clock } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { AccountRow, GroupRow, TokenRow } from "../ports/rows.ts";

/** A token with whom it is for. */
export interface KnownToken {
  readonly token: TokenRow;
  readonly account: AccountRow;
  readonly group: GroupRow | undefined;
}

interface Kept extends KnownToken {
  readonly readAt: number;
  readonly generation: number;
}

/** How long another server may not hear that a token was revoked. */
const TRUSTED_MS = 1000;
const MAX_KEPT = 10_000;

/**
 * Tokens as the store has them, each read at most once a second. What this process changes it forgets at once; what another
 * server of the same store changes is seen after a second at the latest.
 */
export class KnownTokens {
  readonly #kept = new Map<string, Kept>();
  readonly #repository: Repository;
  readonly #clock: Clock;
  #generation = 0;

  constructor({ repository, clock }: { readonly repository: Repository; readonly clock: Clock }) {
    this.#repository = repository;
    this.#clock = clock;
  }

  byHash(hash: string): Promise<KnownToken | undefined> {
    return this.#find(hash, () => this.#repository.tokens.byHash(hash));
  }

  byId(id: string): Promise<KnownToken | undefined> {
    return this.#find(id, () => this.#repository.tokens.get(id));
  }

  /** It let somebody in when it was last asked for. */
  wasValid(hash: string): boolean {
    const kept = this.#kept.get(hash);
    return kept !== undefined && refusalOf(kept, kept.readAt) === null;
  }

  /** Tokens, accounts or groups have changed: what is read from now on is read again. */
  forget(): void {
    this.#generation++;
  }

  async #find(key: string, read: () => Promise<TokenRow | undefined>): Promise<KnownToken | undefined> {
    const now = this.#clock();
    const generation = this.#generation;
    const kept = this.#kept.get(key);
    if (kept?.generation === generation && now >= kept.readAt && now - kept.readAt < TRUSTED_MS) return kept;
    const token = await read();
    const account = token && (await this.#repository.accounts.get(token.account));
    if (!token || !account) {
      this.#kept.delete(key);
      return undefined;
    }
    const group =
      account.group === null ? undefined : await this.#repository.accounts.getGroup(account.group);
    const found: Kept = { token, account, group, readAt: now, generation };
    this.#kept.delete(key);
    this.#kept.set(key, found);
    if (this.#kept.size > MAX_KEPT)
      for (const oldest of this.#kept.keys()) {
        this.#kept.delete(oldest);
        break;
      }
    return found;
  }
}

/** When a token lets nobody in any more: its own end, its account's or its group's, whichever comes first; null: never. */
export function endOf({ token, account, group }: KnownToken): number | null {
  const ends = [token.endsAt, account.endsAt, group?.endsAt ?? null].filter((end) => end !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}

/** Null: it lets in; else why not. */
export function refusalOf(known: KnownToken, now: number): "revoked" | "ended" | null {
  if (known.token.revokedAt !== null) return "revoked";
  const end = endOf(known);
  return end !== null && now >= end ? "ended" : null;
}
