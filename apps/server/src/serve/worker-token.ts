import { access, constants, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Services } from "@graft/api";
import { CoreError } from "@graft/core";
import { writePrivate, writeRefusal } from "@graft/core/node";
import { roleOfToken } from "./role-of-token.ts";

/** As graft writes one. */
const TOKEN = /^graft_[0-9a-z]{56}\s*$/;

/** A place that cannot be written to, or a folder that is not there and would be nobody's but this server's. */
const refused = (path: string, cause: unknown): CoreError =>
  new CoreError(
    "bad-input",
    {
      what: "The file for the workers' token cannot be written.",
      received: writeRefusal(path, cause),
      expected: "a file in a folder that is there and that the server may write to",
      fix: "Make that folder, or name another file with `workerToken`.",
    },
    { cause },
  );

/**
 * A token for workers of other machines (of other containers) in a file, so that they are let in without anybody's hand:
 * they do everybody's jobs, as an admin's worker does. One that is good stays; one that was revoked is made anew.
 * @param path of the file, which is made for its owner's eyes alone.
 * @throws CoreError `bad-input` for a file that holds something else, which is left as it is, and for one that cannot be written.
 */
export async function workerToken(
  path: string,
  identity: Pick<Services["identity"], "hostToken" | "byToken">,
): Promise<void> {
  const kept = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw refused(path, error);
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
  try {
    // before a token is made that nobody would ever read
    await access(dirname(path), constants.W_OK | constants.X_OK);
    await writePrivate(path, `${await identity.hostToken("of the host's workers", null, "worker")}\n`);
  } catch (error) {
    throw error instanceof CoreError ? error : refused(path, error);
  }
}
