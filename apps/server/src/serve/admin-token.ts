import { join } from "node:path";
import type { Services } from "@graft/api";
import { readPrivate, writePrivate } from "@graft/core/node";
import { roleOfToken } from "./role-of-token.ts";

export interface AdminToken {
  /** Undefined: the one in the file lets nobody in any more, or the file is gone. */
  readonly token: string | undefined;
  /** It was made just now. */
  readonly isNew: boolean;
  /** Where it can be found again. */
  readonly path: string;
}

/**
 * The first admin's token: made with the store and kept in a file of the home that its owner alone can read, so that whoever
 * runs the server comes in again. Where the file is gone (a second server of one store has a home of its own; a kill came
 * between the two) another token is made.
 */
export async function adminToken(
  home: string,
  identity: Pick<Services["identity"], "ensureAdmin" | "hostToken" | "byToken">,
): Promise<AdminToken> {
  const path = join(home, "server", "admin-token");
  const first = await identity.ensureAdmin();
  const kept = first === undefined ? (await readPrivate(path))?.trim() : undefined;
  if (first !== undefined || kept === undefined || kept === "") {
    const token = first ?? (await identity.hostToken("of the host", null));
    await writePrivate(path, `${token}\n`);
    return { token, isNew: true, path };
  }
  const isGood = (await roleOfToken(kept, identity)) !== undefined;
  return { token: isGood ? kept : undefined, isNew: false, path };
}
