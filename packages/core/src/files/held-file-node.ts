import { rm } from "node:fs/promises";
import { type Claim, claimFile, readClaim, sweepClaims } from "./claim-node.ts";
import { newTag } from "./owner-node.ts";
import { FOREIGN_LIMIT_MS, showLife } from "./show-life-node.ts";

/** A lock that is held until `release`, or until the process ends. */
export interface HeldFile {
  /** Idempotent. */
  release(): Promise<void>;
}

/**
 * Makes a lock's file this process's and shows life in it. The lock of a process that is gone is taken over, also when
 * another process has got its number since.
 * @returns the live owner's claim when there is one.
 */
export async function holdFile(path: string): Promise<HeldFile | { readonly holder: Claim }> {
  const tag = newTag();
  const holder = await claimFile(path, tag, FOREIGN_LIMIT_MS);
  if (holder) return { holder };
  await sweepClaims(path);
  const life = showLife(path);
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    life[Symbol.dispose]();
    if ((await readClaim(path, FOREIGN_LIMIT_MS))?.tag === tag) await rm(path, { force: true });
  };
  return { release };
}
