import type { SearchProgress } from "@graft/core";
import { searchProgress } from "../progress/search-progress.ts";
import type { Session } from "../session/session.ts";
import { asCoreError, type ServerClient } from "./client.ts";
import type { Followed } from "./follow-there.ts";

/** Shows how far a server's search is, until its end, or until Ctrl-C, which leaves it going. */
export async function followSearch(
  session: Session,
  client: ServerClient,
  search: string,
): Promise<Followed> {
  const tell = searchProgress(session);
  const show = (state: string, progress: SearchProgress | null): void => {
    if (progress) tell(progress);
    else if (state === "queued") session.status("Waiting for a worker");
  };
  return new Promise<Followed>((resolve, reject) => {
    const { signal } = session;
    const end = (how: Followed): void => {
      session.clear();
      // before the subscription is ended, which tells that it is complete
      resolve(how);
      subscription.unsubscribe();
    };
    const subscription = client.api.searches.events.subscribe(
      { search },
      {
        onData: ({ data: { state, progress } }) => show(state, progress),
        onComplete: () => resolve("ended"),
        onError: (error) => reject(asCoreError(error, client.url)),
        onConnectionStateChange({ state, error }) {
          if (state === "connecting" && error) session.status(`No answer from ${client.url}, trying again`);
        },
      },
    );
    if (signal.aborted) end("left");
    else signal.addEventListener("abort", () => end("left"), { once: true });
  });
}
