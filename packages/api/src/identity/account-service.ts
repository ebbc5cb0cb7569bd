import { CoreError } from "@graft/core";
import { newId } from "../ports/clock.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { AccountRow } from "../ports/rows.ts";
import { type Caller, notThere } from "./identity.ts";
import type { IdentityParts } from "./identity-parts.ts";
import type { OwnedThings } from "./owned-data.ts";
import { type MadeToken, makeToken } from "./token-row.ts";
import { checkFuture } from "./token-rules.ts";

/** People: an admin lets them in and out. Pupils come with a group (`group-service.ts`). */
export class AccountService {
  readonly #parts: IdentityParts;

  constructor(parts: IdentityParts) {
    this.#parts = parts;
  }

  /** By name. */
  page(request: PageRequest & { readonly group?: string | undefined }): Promise<Page<AccountRow>> {
    return this.#parts.repository.accounts.page(request);
  }

  /**
   * An account with its first token.
   * @param asked.endsAt milliseconds since 1970. @default it does not end by itself
   * @throws CoreError `conflict` for a name that is taken.
   */
  async create(
    caller: Caller,
    asked: {
      readonly name: string;
      readonly role: "admin" | "member";
      readonly endsAt?: number | undefined;
    },
  ): Promise<MadeToken & { readonly account: AccountRow }> {
    const { repository, clock, audit } = this.#parts;
    const now = clock();
    const { name, role, endsAt = null } = asked;
    if (endsAt !== null) checkFuture(endsAt, now);
    const account: AccountRow = { id: newId(), name, role, group: null, createdAt: now, endsAt };
    await repository.accounts.create(account);
    const made = await makeToken({ account: account.id, name: "first", role, endsAt }, { now });
    await repository.tokens.create(made.row);
    await audit.note(caller, "account-made", { account: account.id, name, role });
    await audit.note(caller, "token-made", { token: made.row.id, account: account.id, role });
    return { ...made, account };
  }

  /**
   * Nobody comes in under it any more, by whatever token; its data stay.
   * @param at milliseconds since 1970. @default now
   * @throws CoreError `not-found`; `conflict` for the caller's own.
   */
  async end(caller: Caller, id: string, at?: number): Promise<AccountRow> {
    const { repository, clock, known, audit } = this.#parts;
    await this.#another(caller, id);
    const now = clock();
    if (at !== undefined) checkFuture(at, now);
    await repository.accounts.end(id, at ?? now);
    known.forget();
    await audit.note(caller, "account-ended", { account: id, at: at ?? now });
    return this.#get(id);
  }

  /** What `delete` would take away. @throws CoreError `not-found`. */
  async contents(id: string): Promise<OwnedThings> {
    await this.#get(id);
    return this.#parts.owned.count([id]);
  }

  /**
   * Removes an account, its tokens and all of its data for good. One that was cut off in the middle is ended, and goes on when it
   * is asked for again.
   * @throws CoreError `not-found`; `conflict` for the caller's own.
   */
  async delete(caller: Caller, id: string): Promise<OwnedThings> {
    const { repository, clock, known, audit, owned } = this.#parts;
    const { name, role } = await this.#another(caller, id);
    await repository.accounts.end(id, clock());
    known.forget();
    const things = await owned.count([id]);
    await owned.delete(caller, [id]);
    await repository.accounts.remove([id]);
    known.forget();
    await audit.note(caller, "account-deleted", { account: id, name, role, ...things });
    return things;
  }

  async #get(id: string): Promise<AccountRow> {
    const account = await this.#parts.repository.accounts.get(id);
    if (!account) throw notThere("account", id);
    return account;
  }

  /** So there is always an admin left: who asks. */
  async #another(caller: Caller, id: string): Promise<AccountRow> {
    const account = await this.#get(id);
    if (id !== caller.identity.account.id) return account;
    throw new CoreError("conflict", {
      what: "An account cannot end or delete itself.",
      received: account.name,
      fix: "Let another admin do it.",
    });
  }
}
