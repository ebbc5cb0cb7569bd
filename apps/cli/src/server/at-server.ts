import { CoreError } from "@graft/core";
import type { Session, StopWords } from "../session/session.ts";
import { asCoreError, connect, type ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";

/** Of work that is waited for: without who asked for it nobody needs it. */
export const ENDS_THERE: StopWords = {
  interrupt: "Stopping; press Ctrl-C again to stop at once.",
  hangUp: "The terminal was closed: stopping.",
};

/** Works with a server. @throws its refusals as graft's errors; CoreError `cancelled` where the session was told to stop. */
export async function atServer<T>(
  { signal }: Pick<Session, "signal">,
  server: Credentials,
  work: (client: ServerClient) => Promise<T>,
): Promise<T> {
  try {
    return await work(connect(server));
  } catch (error) {
    // a request that was given up looks like a server that is gone
    if (signal.aborted) throw new CoreError("cancelled", { what: "The work was cancelled." });
    throw asCoreError(error, server.url);
  }
}
