import type { Page, PageRequest } from "../ports/paging.ts";
import type { TokenRow } from "../ports/rows.ts";
import { accountOf, type Caller, notThere, owns } from "./identity.ts";
import type { TokenParts } from "./identity-parts.ts";
import { type MadeToken, makeToken } from "./token-row.ts";
import { type AskedToken, checkRole, endOfNew, scopeOfNew } from "./token-rules.ts";

/** Tokens that people make for themselves, their programs and links; admins for everybody. */
export class TokenService {
  readonly #parts: TokenParts;

  constructor(parts: TokenParts) {
    this.#parts = parts;
  }

  /** Newest first: the own ones; an admin's are all, or those of one account. */
  async page(
    { identity }: Caller,
    request: PageRequest & { readonly account?: string | undefined },
  ): Promise<Page<TokenRow>> {
    return this.#parts.repository.tokens.page({ ...request, account: accountOf(identity, request.account) });
  }

  /**
   * @param asked.account whose data it is for. @default the caller's
   * @param asked.endsAt milliseconds since 1970. @default as the caller's own token
   * @throws CoreError `not-found`, `forbidden`, `bad-input`.
   */
  async create(
    caller: Caller,
    asked: AskedToken & {
      readonly name: string;
      readonly account?: string | undefined;
      readonly endsAt?: number | undefined;
    },
  ): Promise<MadeToken> {
    const { identity } = caller;
    const id = asked.account ?? identity.account.id;
    const account = owns(identity, id) ? await this.#parts.repository.accounts.get(id) : undefined;
    if (!account) throw notThere("account", id);
    checkRole(identity, account, asked.role);
    const now = this.#parts.clock();
    const isOwn = account.id === identity.account.id;
    const endsAt = endOfNew(asked.endsAt, now, isOwn ? identity.token.endsAt : null);
    const scope = await scopeOfNew(this.#parts.repository, identity, asked);
    const made = await makeToken({ account: id, name: asked.name, role: asked.role, scope, endsAt }, { now });
    await this.#parts.repository.tokens.create(made.row);
    await this.#parts.audit.note(caller, "token-made", { token: made.row.id, account: id, role: asked.role });
    return made;
  }

  /** From now on it lets nobody in; once revoked it stays so. @throws CoreError `not-found`. */
  async revoke(caller: Caller, id: string): Promise<TokenRow> {
    const row = await this.#parts.repository.tokens.get(id);
    if (!row || !owns(caller.identity, row.account)) throw notThere("token", id);
    const at = this.#parts.clock();
    if (!(await this.#parts.repository.tokens.revoke(id, at)))
      return (await this.#parts.repository.tokens.get(id)) ?? row;
    this.#parts.known.forget();
    await this.#parts.audit.note(caller, "token-revoked", { token: id, account: row.account });
    return { ...row, revokedAt: at };
  }
}
