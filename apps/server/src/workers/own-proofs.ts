import { join } from "node:path";
import { findBackends } from "./find-backends.ts";
import type { Proofs } from "./proof.ts";

export interface OwnProofsOptions {
  readonly home: string;
  /** Of graft. */
  readonly version: string;
  /** Aborted when the server ends. */
  readonly signal: AbortSignal;
}

/**
 * What this machine's backends make of the fixed pictures: found in a process of its own when it is first asked for, and kept in
 * the home, so that it takes its few seconds once.
 * @throws Error when that process fails; the next who asks has it tried again.
 */
export function ownProofs({ home, version, signal }: OwnProofsOptions): () => Promise<Proofs> {
  const file = join(home, "server", "proofs.json");
  let finding: Promise<Proofs> | undefined;
  return () => {
    finding ??= findBackends(home, { version, proofs: { file }, signal }).then(({ proofs }) => proofs);
    finding.catch(() => {
      finding = undefined;
    });
    return finding;
  };
}
