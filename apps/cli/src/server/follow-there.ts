import type { TrainEvent } from "@graft/core";
import { nextCommand } from "../environment/self-command.ts";
import { humanReporter, jsonReporter, type TrainReporter } from "../progress/train-reporter.ts";
import type { Session, StopWords } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import { type Followed, followStream } from "./follow-stream.ts";
import { watchWaiting } from "./watch-waiting.ts";

/** Work that goes on elsewhere says at its end how to come back to it. */
export const GOES_ON: StopWords = { interrupt: "", hangUp: "" };

function reporterOf(session: Session): TrainReporter {
  const { environment, json } = session.context;
  const reporting = {
    onUnread: () => session.stop("Nothing reads this output any longer. The run goes on."),
  };
  return json ? jsonReporter(reporting) : humanReporter(environment, reporting);
}

/**
 * Shows a server's run as it goes, each event once, also after the connection broke; until its end, or until Ctrl-C, which
 * leaves the run going.
 */
export async function followRun(session: Session, client: ServerClient, run: string): Promise<Followed> {
  const reporter = reporterOf(session);
  const opening = { scan: "Looking at the images", trunk: "Loading the trunk" } as const;
  const show = (event: TrainEvent): void => {
    if (event.type === "progress" && (event.phase === "scan" || event.phase === "trunk"))
      session.status(`${opening[event.phase]}  ${event.done}/${event.total}`);
    if (event.type === "note") session.notice(`Note: ${event.message}`);
    reporter.event(event);
  };
  using waiting = watchWaiting(session, client, { subject: run, cancel: ["runs", "cancel", run] });
  try {
    let isLost = false;
    return await followStream<{ readonly data: TrainEvent }>(session, client, {
      subscribe: (heard) => client.api.runs.events.subscribe({ run }, heard),
      onData({ data }) {
        isLost = false;
        // a server's own notes are told while a run waits, too
        if (data.type !== "note") waiting.heard();
        show(data);
      },
      onOutage() {
        // once an outage
        if (!isLost) session.notice(`No answer from ${client.url}: trying again. The run goes on there.`);
        isLost = true;
      },
    });
  } finally {
    reporter.close();
  }
}

/** How to come back to a run that was left going. */
export function leftText({ context: { environment } }: Session, run: string): string {
  const command = (...words: readonly string[]): string => nextCommand(environment, words);
  return `The run goes on. Look again: ${command("runs", "follow", run)}; stop it: ${command("runs", "stop", run)}`;
}
