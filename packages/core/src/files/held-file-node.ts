import { rm, utimes } from "node:fs/promises";
import { type Claim, claimFile, newTag, readClaim, sweepClaims } from "./claim-node.ts";

/** The holder shows life so often; one on another machine is given up after four missed. */
const HEARTBEAT_MS = 30_000;
export const FOREIGN_HOLDER_MS = 4 * HEARTBEAT_MS;

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
  const holder = await claimFile(path, tag, FOREIGN_HOLDER_MS);
  if (holder) return { holder };
  await sweepClaims(path);
  const showLife = async (): Promise<void> => utimes(path, new Date(), new Date());
  const timer = setInterval(() => void showLife().catch(() => undefined), HEARTBEAT_MS);
  timer.unref(); // a lock keeps others out, not the process running
  let released = false;
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    clearInterval(timer);
    if ((await readClaim(path, FOREIGN_HOLDER_MS))?.tag === tag) await rm(path, { force: true });
  };
  return { release };
}
