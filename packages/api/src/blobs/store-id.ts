import { newId } from "../ports/clock.ts";
import type { LeaseRepository } from "../ports/repository.ts";

/** Name of the lease. */
export const STORE_ID = "store/id";

/**
 * The id of a store of rows, made when it is first asked for: its place of blobs is marked with it, so that no other store's
 * sweep empties that. It is the holder of a lease that never ends, which a copy of the rows takes along.
 */
export function storeId(leases: LeaseRepository): Promise<string> {
  return leases.acquire(STORE_ID, { holder: newId(), now: 0, until: Number.MAX_SAFE_INTEGER });
}
