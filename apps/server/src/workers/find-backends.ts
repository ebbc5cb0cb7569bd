import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as z from "zod";
import { childProgram } from "./child-program.ts";
import type { Proofs } from "./proof.ts";

const foundSchema = z.object({
  backends: z.array(z.object({ id: z.string(), kind: z.string(), automatic: z.boolean() })),
  proofs: z.record(z.string(), z.string()).exactOptional(),
});

/** A machine's backends. */
export interface FoundBackends {
  readonly ids: readonly string[];
  /** Whatever a job may name: ids, and kinds of those that are taken without being named. */
  readonly names: readonly string[];
  /** `proofOf` each that has one, when they were asked for. */
  readonly proofs: Proofs;
}

/** Of a machine that nothing is known of. */
export const NO_BACKENDS: FoundBackends = { ids: [], names: [], proofs: {} };

/**
 * Which backends this machine has, found by a process of its own: drivers may crash, and engines keep memory.
 * @param options.version of graft.
 * @param options.proofs whether they are wanted, and where they are kept from one start to the next. @default not wanted
 * @throws Error when it ends without an answer.
 */
export async function findBackends(
  home: string,
  options: {
    readonly version: string;
    readonly proofs?: { readonly file?: string };
    readonly signal?: AbortSignal;
  },
): Promise<FoundBackends> {
  const { version, proofs: wanted, signal } = options;
  const { path, execArgv } = childProgram("engines-child", import.meta.url);
  const asked = wanted ? ["proofs", ...(wanted.file === undefined ? [] : [wanted.file])] : [];
  const words = [...execArgv, path, home, version, ...asked];
  const found = await promisify(execFile)(process.execPath, words, {
    // a busy machine takes its time for pictures
    timeout: wanted ? 600_000 : 120_000,
    ...(signal ? { signal } : {}),
  });
  const { backends, proofs = {} } = foundSchema.parse(JSON.parse(found.stdout));
  const ids = backends.map(({ id }) => id);
  const kinds = backends.flatMap(({ kind, automatic }) => (automatic ? [kind] : []));
  return { ids, names: [...new Set([...ids, ...kinds])], proofs };
}
