import { CoreError } from "@graft/core";
import { asCoreError, type ServerClient } from "./client.ts";

/**
 * Work that a server does while it is asked, and not as a job: when the server ends, so does the work, and nobody goes on with it.
 * @param what "The export"
 * @throws what the server says; CoreError `offline` that says to run the command again.
 */
export async function inOneRequest<T>(
  { url }: Pick<ServerClient, "url">,
  what: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    const told = asCoreError(error, url);
    if (!(told instanceof CoreError) || told.code !== "offline") throw error;
    throw new CoreError(
      "offline",
      {
        what: `${what} was not finished: the server ${url} stopped answering.`,
        received: told.parts.received ?? told.message,
        fix: "Nothing was written. When the server runs again, run the same command again.",
      },
      { cause: error },
    );
  }
}
