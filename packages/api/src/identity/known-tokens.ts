import type { Clock } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { AccountRow, GroupRow, TokenRow } from "../ports/rows.ts";
import { KeptBriefly } from "./kept-briefly.ts";

/** A token with whom it is for. */
export interface KnownToken {
  readonly token: TokenRow;
  readonly account: AccountRow;
  readonly group: GroupRow | undefined;
}

const MAX_KEPT = 10_000;

/** Tokens as the store has them (`KeptBriefly`). */
export class KnownTokens {
  readonly #kept: KeptBriefly<KnownToken>;
  readonly #repository: Repository;

  constructor({ repository, clock }: { readonly repository: Repository; readonly clock: Clock }) {
    this.#repository = repository;
    this.#kept = new KeptBriefly(clock, MAX_KEPT);
  }

  byHash(hash: string): Promise<KnownToken | undefined> {
    return this.#find(hash, () => this.#repository.tokens.byHash(hash));
  }

  byId(id: string): Promise<KnownToken | undefined> {
    return this.#find(id, () => this.#repository.tokens.get(id));
  }

  /** It let somebody in when it was last asked for. */
  wasValid(hash: string): boolean {
    const kept = this.#kept.last(hash);
    return kept !== undefined && refusalOf(kept.value, kept.readAt) === null;
  }

  /** Tokens, accounts or groups have changed: what is read from now on is read again. */
  forget(): void {
    this.#kept.forget();
  }

  #find(key: string, read: () => Promise<TokenRow | undefined>): Promise<KnownToken | undefined> {
    const { accounts } = this.#repository;
    return this.#kept.get(key, async () => {
      const token = await read();
      const account = token && (await accounts.get(token.account));
      if (!token || !account) return undefined;
      const group = account.group === null ? undefined : await accounts.getGroup(account.group);
      return { token, account, group };
    });
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
