import type { TrainEvent, TrainingTold } from "@graft/core";
import type { Repository } from "../ports/repository.ts";

/** Events of one question to the store. */
const PAGE = 1000;
const SHOWN: ReadonlySet<TrainEvent["type"]> = new Set(["epoch-end", "phase-start"]);

/** What a page shows of a run's training: its curves, and which epoch was kept. */
export async function trainingTold({ runs }: Pick<Repository, "runs">, run: string): Promise<TrainingTold> {
  const events: TrainEvent[] = [];
  let keptEpoch: number | undefined;
  for (let after = -1; ; ) {
    const some = await runs.events(run, { after, limit: PAGE });
    const last = some.at(-1);
    if (!last) return { events, keptEpoch };
    for (const event of some) {
      if (SHOWN.has(event.type)) events.push(event);
      if (event.type === "run-end") keptEpoch = event.keptEpoch;
    }
    after = last.seq;
  }
}
