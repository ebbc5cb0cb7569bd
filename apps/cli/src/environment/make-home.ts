import { constants } from "node:fs";
import { access } from "node:fs/promises";
import { join } from "node:path";
import { CoreError } from "@graft/core";
import { isDiskFull, makeFolder, writeRefusal } from "@graft/core/node";

/**
 * Makes the home, before work is done that would have nowhere to go.
 * @throws CoreError `bad-input`, `disk-full` that says why it cannot be used.
 */
export async function makeHome(home: string): Promise<void> {
  try {
    const runs = join(home, "runs");
    await makeFolder(runs);
    await access(runs, constants.W_OK);
  } catch (cause) {
    throw new CoreError(
      isDiskFull(cause) ? "disk-full" : "bad-input",
      {
        what: "graft cannot keep runs and caches there.",
        received: writeRefusal(home, cause),
        expected: "a folder that you may write to",
        fix: "Choose one with --home or GRAFT_HOME.",
      },
      { cause },
    );
  }
}
