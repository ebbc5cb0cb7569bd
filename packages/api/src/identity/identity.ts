import { CoreError } from "@graft/core";
import type { AccountRow, TokenRow } from "../ports/rows.ts";

/** Who calls: the token that was shown and the account that it is for. */
export interface Identity {
  readonly account: AccountRow;
  readonly token: Pick<TokenRow, "id" | "name" | "role" | "scope" | "endsAt">;
}

/** Where a call comes from. */
export interface Caller {
  readonly identity: Identity;
  /** Address; null in a page. */
  readonly from: string | null;
  /** Of the request, for logs and jobs. */
  readonly request: string;
}

/** Of lists: whose rows the caller sees; undefined: everybody's. */
export const ownerOf = ({ account, token }: Identity): string | undefined =>
  token.role === "admin" ? undefined : account.id;

/** True for what is the caller's own, and for admins. */
export const owns = (identity: Identity, owner: string): boolean => (ownerOf(identity) ?? owner) === owner;

/**
 * Another's thing is not there, as for somebody who guesses an id.
 * @throws CoreError `not-found`.
 */
export function notThere(what: string, id: string): CoreError {
  return new CoreError("not-found", {
    what: `There is no such ${what}.`,
    received: id,
    fix: "List them to see which there are.",
  });
}
