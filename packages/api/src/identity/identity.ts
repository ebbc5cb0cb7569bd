import { CoreError } from "@graft/core";
import type { AccountRow, Role, TokenRow } from "../ports/rows.ts";

/** Who calls: the token that was shown and the account that it is for. */
export interface Identity {
  readonly account: AccountRow;
  /** `endsAt`: when it lets nobody in any more, be it by its own end, its account's or its group's. */
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

/** Roles that have all of an account's data; the others have what their token names (`access.ts`). */
const OWNERS: readonly Role[] = ["admin", "member", "pupil"];

/** No account's id: of a token whose role owns nothing. */
const NOBODY = "-";

/** Of lists: whose rows the caller sees; undefined: everybody's. */
export const ownerOf = ({ account, token }: Identity): string | undefined =>
  token.role === "admin" ? undefined : OWNERS.includes(token.role) ? account.id : NOBODY;

/** True for what is the caller's own, and for admins. */
export const owns = (identity: Identity, owner: string): boolean => (ownerOf(identity) ?? owner) === owner;

/**
 * Another's thing is not there, as for somebody who guesses an id.
 * @throws CoreError `not-found`.
 */
export function notThere(what: string, id: string): CoreError {
  const parts = {
    what: `There is no such ${what}.`,
    received: id,
    fix: "List them to see which there are.",
  };
  // an edge that has a word for the list of these says it
  return new CoreError("not-found", parts, { facts: { thing: what } });
}

/** An error about what something lies in, told of the thing itself: so much is known of it that it is not the caller's. */
export function notThereIn(error: unknown, what: string, id: string): unknown {
  return error instanceof CoreError && error.code === "not-found" ? notThere(what, id) : error;
}

/**
 * Of lists that can be asked for one account: whose rows it is.
 * @param asked undefined: all that the caller sees.
 * @throws CoreError `not-found` for an account that is not the caller's.
 */
export function accountOf(identity: Identity, asked: string | undefined): string | undefined {
  if (asked !== undefined && !owns(identity, asked)) throw notThere("account", asked);
  return asked ?? ownerOf(identity);
}
