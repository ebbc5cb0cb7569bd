import type { SearchProgress } from "@graft/core";
import { searchProgress } from "../progress/search-progress.ts";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import { type Followed, followStream } from "./follow-stream.ts";
import { watchWaiting } from "./watch-waiting.ts";

interface Told {
  readonly data: { readonly state: string; readonly progress: SearchProgress | null };
}

/** Shows how far a server's search is, until its end, or until Ctrl-C, which leaves it going. */
export async function followSearch(
  session: Session,
  client: ServerClient,
  search: string,
): Promise<Followed> {
  const tell = searchProgress(session);
  using waiting = watchWaiting(session, client, {
    ...{ subject: search, cancel: ["searches", "cancel", search] },
  });
  const show = (state: string, progress: SearchProgress | null): void => {
    if (state !== "queued") waiting.heard();
    if (progress) tell(progress);
  };
  const followed = await followStream<Told>(session, client, {
    subscribe: (heard) => client.api.searches.events.subscribe({ search }, heard),
    onData: ({ data: { state, progress } }) => show(state, progress),
    onOutage: () => session.status(`No answer from ${client.url}, trying again`),
  });
  if (followed === "left") session.clear();
  return followed;
}
