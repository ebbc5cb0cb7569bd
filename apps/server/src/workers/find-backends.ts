import { execFile } from "node:child_process";
import { promisify } from "node:util";
import * as z from "zod";
import { childProgram } from "./child-program.ts";

const foundSchema = z.array(z.object({ id: z.string(), kind: z.string(), automatic: z.boolean() }));

/** A machine's backends. */
export interface FoundBackends {
  readonly ids: readonly string[];
  /** Whatever a job may name: ids, and kinds of those that are taken without being named. */
  readonly names: readonly string[];
}

/**
 * Which backends this machine has, found by a process of its own: drivers may crash, and engines keep memory.
 * @throws Error when it ends without an answer.
 */
export async function findBackends(home: string, signal?: AbortSignal): Promise<FoundBackends> {
  const { path, execArgv } = childProgram("engines-child", import.meta.url);
  const found = await promisify(execFile)(process.execPath, [...execArgv, path, home], {
    timeout: 120_000,
    ...(signal ? { signal } : {}),
  });
  const usable = foundSchema.parse(JSON.parse(found.stdout));
  const ids = usable.map(({ id }) => id);
  const kinds = usable.flatMap(({ kind, automatic }) => (automatic ? [kind] : []));
  return { ids, names: [...new Set([...ids, ...kinds])] };
}
