import { CoreError } from "@graft/core";
import { newId } from "../ports/clock.ts";
import { inPages } from "../ports/in-pages.ts";
import type { AccountRow } from "../ports/rows.ts";
import type { IdentityParts } from "./identity-parts.ts";
import { refusalOf } from "./known-tokens.ts";
import { makeToken } from "./token-row.ts";

/** What a token of the host itself may be. */
export type HostRole = "admin" | "worker";

type HostParts = Pick<IdentityParts, "repository" | "clock" | "audit">;

/** What the host itself may do: who owns the machine owns the store, and is an admin. */
export class HostAdmin {
  readonly #parts: HostParts;

  constructor(parts: HostParts) {
    this.#parts = parts;
  }

  /**
   * Makes the first admin of a new store. Where no admin can come in any more (all of their tokens were revoked or have ended)
   * the first of them gets a new token.
   * @returns a token that was made, to be shown once; undefined: there is one already.
   */
  async ensure(): Promise<string | undefined> {
    const admins = await this.#admins();
    for (const account of admins) if (await this.#canComeIn(account)) return undefined;
    return this.#makeToken(admins[0] ?? (await this.#firstAdmin()), "first", null);
  }

  /**
   * @param endsAt milliseconds since 1970.
   * @param role "worker": for machines that train for everybody.
   * @returns a new token of the first admin.
   */
  async token(name: string, endsAt: number | null, role: HostRole = "admin"): Promise<string> {
    const [admin] = await this.#admins();
    return this.#makeToken(admin ?? (await this.#firstAdmin()), name, endsAt, role);
  }

  /** Those that have not ended, the oldest first. */
  async #admins(): Promise<readonly AccountRow[]> {
    const accounts = await inPages((request) => this.#parts.repository.accounts.page(request));
    const now = this.#parts.clock();
    return accounts
      .filter(({ role, endsAt }) => role === "admin" && (endsAt === null || now < endsAt))
      .sort((a, b) => a.createdAt - b.createdAt);
  }

  async #canComeIn(account: AccountRow): Promise<boolean> {
    const tokens = await inPages((request) =>
      this.#parts.repository.tokens.page({ ...request, account: account.id }),
    );
    const now = this.#parts.clock();
    return tokens.some(
      (token) => token.role === "admin" && refusalOf({ token, account, group: undefined }, now) === null,
    );
  }

  async #firstAdmin(): Promise<AccountRow> {
    const base = {
      id: newId(),
      role: "admin",
      group: null,
      createdAt: this.#parts.clock(),
      endsAt: null,
    } as const;
    for (let number = 1; ; number++) {
      const account: AccountRow = { ...base, name: number === 1 ? "admin" : `admin ${number}` };
      try {
        await this.#parts.repository.accounts.create(account);
        return account;
      } catch (error) {
        // the name is taken: by somebody who is no admin, or by another server that starts on the same new store
        if (!(error instanceof CoreError) || error.code !== "conflict") throw error;
      }
    }
  }

  async #makeToken(
    account: AccountRow,
    name: string,
    endsAt: number | null,
    role: HostRole = "admin",
  ): Promise<string> {
    const token = { account: account.id, name, role, endsAt };
    const { row, secret } = await makeToken(token, { now: this.#parts.clock() });
    await this.#parts.repository.tokens.create(row);
    await this.#parts.audit.note({ from: null, account: account.id }, "token-made", {
      token: row.id,
      role,
    });
    return secret;
  }
}
