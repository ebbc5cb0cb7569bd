import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { StubbornClient } from "./stubborn-client.ts";
import type { RunOutcome, TrainedRun } from "./train-runs.ts";

const logSchema = z.object({ items: z.array(z.looseObject({ seq: z.int(), type: z.string() })) });

/** @returns what differs, as a sentence, or nothing. */
export function differs(what: string, is: unknown, wanted: unknown): readonly string[] {
  if (isDeepStrictEqual(is, wanted)) return [];
  return [`${what} is ${JSON.stringify(is)} and should be ${JSON.stringify(wanted)}`];
}

async function storedEvents(
  client: StubbornClient,
  run: string,
): Promise<readonly { readonly seq: number }[]> {
  const stored: z.infer<typeof logSchema>["items"] = [];
  for (;;) {
    const path = `/runs/${run}/log?limit=1000&after=${stored.at(-1)?.seq ?? -1}`;
    const { items } = await client.call(logSchema, "GET", path);
    if (items.length === 0) return stored;
    stored.push(...items);
  }
}

/** How a disturbed run differs from the same one undisturbed, and its events from what was heard of them. A sentence each. */
export async function checkRun(
  client: StubbornClient,
  { watcher, epochs, metrics, model }: TrainedRun,
  calm: RunOutcome | undefined,
): Promise<readonly string[]> {
  const { run, heard, faults } = watcher;
  const stored = await storedEvents(client, run);
  const numbers = stored.map(({ seq }) => seq);
  const ends = heard.filter(({ type, status }) => type === "run-end" && status === "completed");
  return [
    ...faults,
    ...differs(`${run}: epochs`, epochs, calm?.epochs),
    ...differs(`${run}: metrics`, metrics, calm?.metrics),
    ...differs(`${run}: model`, model, calm?.model),
    ...differs(`${run}: numbers`, numbers, [...stored.keys()]),
    ...differs(`${run}: what was heard`, heard, stored),
    ...differs(`${run}: ends`, [ends.length, heard.at(-1)?.type], [1, "run-end"]),
  ];
}
