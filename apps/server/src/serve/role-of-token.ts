import type { Role, Services } from "@graft/api";
import { CoreError } from "@graft/core";

/** What a token that was kept lets in as; undefined: it lets nobody in any more. */
export async function roleOfToken(
  kept: string,
  identity: Pick<Services["identity"], "byToken">,
): Promise<Role | undefined> {
  try {
    return (await identity.byToken(kept, { from: null })).token.role;
  } catch (error) {
    if (error instanceof CoreError && error.code === "unauthorized") return undefined;
    throw error;
  }
}
