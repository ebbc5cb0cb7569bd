import { readdir, stat } from "node:fs/promises";
import { CoreError } from "@graft/core";

/**
 * Looks at `--out` before any work is done for it.
 * @throws CoreError `conflict` when something is there that `--force` does not allow to replace.
 */
export async function refuseExisting(path: string, force: boolean): Promise<void> {
  if (force) return;
  const facts = await stat(path).catch(() => undefined);
  if (facts === undefined) return;
  if (facts.isDirectory() && (await readdir(path)).length === 0) return;
  throw new CoreError("conflict", {
    what: "There is something at --out already.",
    received: path,
    expected: "a path that does not exist yet, or an empty folder",
    fix: "Choose another path, or add --force to replace it.",
  });
}
