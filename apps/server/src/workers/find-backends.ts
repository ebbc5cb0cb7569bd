import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as z from "zod";
import { childProgram } from "./child-program.ts";

const foundSchema = z.object({
  backends: z.array(z.object({ id: z.string(), kind: z.string(), automatic: z.boolean() })),
  proof: z.string().exactOptional(),
});

/** A machine's backends. */
export interface FoundBackends {
  readonly ids: readonly string[];
  /** Whatever a job may name: ids, and kinds of those that are taken without being named. */
  readonly names: readonly string[];
  /** `proofOf`, when it was asked for; "" else. */
  readonly proof: string;
}

/** Of a machine that nothing is known of. */
export const NO_BACKENDS: FoundBackends = { ids: [], names: [], proof: "" };

/**
 * Which backends this machine has, found by a process of its own: drivers may crash, and engines keep memory.
 * @throws Error when it ends without an answer.
 */
export async function findBackends(
  home: string,
  options: { readonly isProofWanted?: boolean; readonly signal?: AbortSignal } = {},
): Promise<FoundBackends> {
  const { isProofWanted, signal } = options;
  const { path, execArgv } = childProgram("engines-child", import.meta.url);
  const words = [...execArgv, path, home, ...(isProofWanted ? ["proof"] : [])];
  const found = await promisify(execFile)(process.execPath, words, {
    timeout: 120_000,
    ...(signal ? { signal } : {}),
  });
  const { backends, proof = "" } = foundSchema.parse(JSON.parse(found.stdout));
  const ids = backends.map(({ id }) => id);
  const kinds = backends.flatMap(({ kind, automatic }) => (automatic ? [kind] : []));
  return { ids, names: [...new Set([...ids, ...kinds])], proof };
}
