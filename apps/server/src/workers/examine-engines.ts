import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { EngineHealth } from "@graft/api";
import * as z from "zod";
import { childProgram } from "./child-program.ts";

const examinedSchema = z.object({
  engines: z.array(
    z.object({
      ...{ id: z.string(), kind: z.string(), isUsable: z.boolean(), isAutomatic: z.boolean() },
      said: z.string(),
      int8: z.object({ isUsable: z.boolean(), said: z.string() }).nullable(),
    }),
  ),
});

/**
 * Every engine of this machine, opened and checked anew by a process of its own, and why others cannot be used.
 * @throws Error when it ends without an answer.
 */
export async function examineEngines(home: string, env: NodeJS.ProcessEnv): Promise<readonly EngineHealth[]> {
  const { path, execArgv } = childProgram("examine-child", import.meta.url);
  const examined = await promisify(execFile)(process.execPath, [...execArgv, path, home], {
    ...{ timeout: 120_000, env },
  });
  return examinedSchema.parse(JSON.parse(examined.stdout)).engines;
}
