import { constants } from "node:fs";
import { access, mkdir } from "node:fs/promises";
import { join } from "node:path";
import { CoreError } from "@graft/core";

/**
 * Makes the home, before work is done that would have nowhere to go.
 * @throws CoreError `bad-input` that says why it can not be used.
 */
export async function makeHome(home: string): Promise<void> {
  try {
    const runs = join(home, "runs");
    await mkdir(runs, { recursive: true });
    await access(runs, constants.W_OK);
  } catch (cause) {
    throw new CoreError(
      "bad-input",
      {
        what: "Runs and caches can not be kept there.",
        received: `${home} (${cause instanceof Error ? cause.message : String(cause)})`,
        expected: "a folder that you may write to",
        fix: "Choose one with --home or GRAFT_HOME.",
      },
      { cause },
    );
  }
}
