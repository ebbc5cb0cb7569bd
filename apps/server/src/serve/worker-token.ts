import { readFile } from "node:fs/promises";
import type { Services } from "@graft/api";
import { CoreError } from "@graft/core";
import { writePrivate } from "@graft/core/node";
import { roleOfToken } from "./role-of-token.ts";

/** As graft writes one. */
const TOKEN = /^graft_[0-9a-z]{56}\s*$/;

/**
 * A token for workers of other machines (of other containers) in a file, so that they are let in without anybody's hand:
 * they do everybody's jobs, as an admin's worker does. One that is good stays; one that was revoked is made anew.
 * @param path of the file, which is made for its owner's eyes alone.
 * @throws CoreError `bad-input` for a file that holds something else, which is left as it is; as the file system.
 */
export async function workerToken(
  path: string,
  identity: Pick<Services["identity"], "hostToken" | "byToken">,
): Promise<void> {
  const kept = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  if (kept.trim() !== "") {
    const role = TOKEN.test(kept) ? await roleOfToken(kept.trim(), identity) : "no token";
    if (role === "worker") return;
    if (role !== undefined)
      throw new CoreError("bad-input", {
        what: "The file for the workers' token holds something else.",
        received: `${path}: ${role === "no token" ? role : `a token of the role ${role}`}`,
        expected: "a token of the role worker, or no file",
        fix: "Name another file with `workerToken`.",
      });
  }
  await writePrivate(path, `${await identity.hostToken("of the host's workers", null, "worker")}\n`);
}
