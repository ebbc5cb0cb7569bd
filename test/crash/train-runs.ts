import * as z from "zod";
import { RunWatcher } from "./run-watcher.ts";
import type { Stage } from "./stage.ts";
import { type StubbornClient, sha256 } from "./stubborn-client.ts";

const runSchema = z.looseObject({
  id: z.string(),
  state: z.string(),
  metrics: z.unknown(),
  error: z.unknown(),
});

/** Options of runs that are in each phase for about a second. */
const CONFIG = {
  ...{ weights: "bundled", backend: "cpu", size: 75, batchSize: 4, epochs: 40, earlyStop: null },
} as const;
const CUTS = ["mixed0", "mixed1"];

/** What came of a run, as far as nothing that happens on the way may change it. */
export interface RunOutcome {
  /** Of each epoch as it was told, also where it was told again. */
  readonly epochs: readonly string[];
  readonly metrics: unknown;
  /** sha256 of the model's numbers. */
  readonly model: string;
}

export interface TrainedRun extends RunOutcome {
  readonly watcher: RunWatcher;
  /** How often its owner had to go on with it: workers that were lost again and again ended it. */
  readonly resumed: number;
}

/** @param key the same gives the same run, however often its making had to be asked for. */
export async function startRun(
  client: StubbornClient,
  dataset: string,
  { key, config = {} }: { readonly key: string; readonly config?: object },
): Promise<RunWatcher> {
  const asked = { dataset, key, config: { ...CONFIG, ...config } };
  return new RunWatcher(client, (await client.call(runSchema, "POST", "/runs", asked)).id);
}

/** Two runs at once, each at another cut. */
export async function trainRuns(
  client: StubbornClient,
  dataset: string,
  stage: Stage,
): Promise<readonly TrainedRun[]> {
  const watchers: RunWatcher[] = [];
  for (const cut of CUTS) watchers.push(await startRun(client, dataset, { key: cut, config: { cut } }));
  return stage.training(watchers, () => Promise.all(watchers.map((watcher) => ended(client, watcher))));
}

/** @throws Error for a run that does not end well. */
export async function ended(client: StubbornClient, watcher: RunWatcher): Promise<TrainedRun> {
  const { run } = watcher;
  for (let resumed = 0; ; resumed++) {
    await watcher.follow();
    const { state, metrics, error } = await client.call(runSchema, "GET", `/runs/${run}`);
    if (state === "completed") {
      const model = sha256(await client.bytes(`/runs/${run}/files/model/weights.bin`));
      return { watcher, resumed, metrics, model, epochs: epochsOf(watcher) };
    }
    if (state !== "interrupted") throw new Error(`the run ${run} is ${state}: ${JSON.stringify(error)}`);
    await client.call(runSchema, "POST", `/runs/${run}/resume`);
  }
}

/** Each once; an epoch that was told again with other numbers is there twice. */
function epochsOf({ heard }: RunWatcher): readonly string[] {
  const ends = heard.filter(({ type }) => type === "epoch-end");
  const told = ends.map(({ epoch, loss, valLoss, accuracy, valAccuracy }) =>
    JSON.stringify({ epoch, loss, valLoss, accuracy, valAccuracy }),
  );
  return [...new Set(told)].sort((a, b) => JSON.parse(a).epoch - JSON.parse(b).epoch);
}
