import { newId } from "../ports/clock.ts";
import type { Role, TokenRow, TokenScope } from "../ports/rows.ts";
import { newCode, newToken } from "./secret.ts";

/** What a token is to be. */
export interface NewToken {
  readonly account: string;
  readonly name: string;
  readonly role: Role;
  readonly scope?: TokenScope;
  /** Milliseconds since 1970; null: it does not end by itself. */
  readonly endsAt: number | null;
}

/** A row to store, and the token or code that is shown once. */
export interface MadeToken {
  readonly row: TokenRow;
  readonly secret: string;
}

/** @param form "code": short, for who types it. */
export async function makeToken(
  token: NewToken,
  { now, form = "token" }: { readonly now: number; readonly form?: "token" | "code" },
): Promise<MadeToken> {
  const { text, hash } = form === "code" ? await newCode() : await newToken();
  const { account, name, role, scope = {}, endsAt } = token;
  const unused = { lastUsedAt: null, lastFrom: null, revokedAt: null };
  return {
    row: { id: newId(), account, name, role, scope, hash, createdAt: now, endsAt, ...unused },
    secret: text,
  };
}

/** Where who has it comes in: below the server's address. What stands behind "#" is sent to no server, and in no log. */
export const enterAddress = (secret: string): string => `/enter#${secret}`;
