import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import { waitingText } from "./waiting-text.ts";

/** What was told before is heard first: it may wait again. */
const FIRST_LOOK_MS = 500;
/** Between two looks at the queue while nothing is heard of the work. */
const LOOK_MS = 2000;

/** Says why work waits; to be told of each sign that somebody does it. */
export interface WaitingWatch extends Disposable {
  /** Something came of the work: while more comes nobody looks at the queue. */
  heard(): void;
}

/**
 * Says why a run or a search waits, once and again when that changes; also when it goes back into the line, as its worker is gone.
 * @param what.subject its id. @param what.cancel words of the command that gives it up.
 */
export function watchWaiting(
  session: Session,
  { api, url }: ServerClient,
  { subject, cancel }: { readonly subject: string; readonly cancel: readonly string[] },
): WaitingWatch {
  const { environment } = session.context;
  let isNews = false;
  /** The last that was said while it waits. */
  let said = "";
  let isShown = true;
  session.status("Waiting for a worker");
  let timer: NodeJS.Timeout | undefined = setTimeout(() => void look(), FIRST_LOOK_MS);

  async function look(): Promise<void> {
    const wasNews = isNews;
    isNews = false;
    // a server that does not answer is told of by the stream
    const jobs = wasNews ? undefined : await api.queue.list.query().catch(() => undefined);
    if (timer === undefined) return;
    // begun while the queue was looked at, it waits no more
    if (jobs && !isNews) tell(jobs);
    timer = setTimeout(() => void look(), LOOK_MS);
  }

  function tell(jobs: Awaited<ReturnType<typeof api.queue.list.query>>): void {
    const job = jobs.find((one) => one.subject === subject);
    const { waiting = null, place = null } = job ?? {};
    const text = waiting ? waitingText(waiting, { environment, url, place, cancel }) : "";
    if (text === said) return;
    said = text;
    if (!waiting) return;
    isShown = true;
    // it passes by itself, in a moment
    const isBrief = waiting.reason === "soon" || waiting.reason === "starting";
    if (isBrief || (waiting.reason === "busy" && environment.interactive)) session.status(text);
    else session.notice(text);
  }

  return {
    heard() {
      if (isShown) session.clear();
      isShown = false;
      isNews = true;
      said = "";
    },
    [Symbol.dispose]() {
      clearTimeout(timer);
      timer = undefined;
    },
  };
}
