import * as z from "zod";
import { bringPictures } from "./bring-pictures.ts";
import { exportRun } from "./export-runs.ts";
import type { RoundPictures } from "./round-pictures.ts";
import type { Stage } from "./stage.ts";
import type { StubbornClient } from "./stubborn-client.ts";
import { type TrainedRun, trainRuns } from "./train-runs.ts";

export interface Round {
  readonly dataset: string;
  readonly runs: readonly TrainedRun[];
}

/** All that a client does once: brings pictures, trains on them, takes models with it. */
export async function workRound(
  client: StubbornClient,
  pictures: RoundPictures,
  stage: Stage,
): Promise<Round> {
  const dataset = await bringPictures(client, pictures, stage);
  const runs = await trainRuns(client, dataset, stage);
  const [first] = runs;
  const [picture] = pictures.loose.values();
  if (first && picture) await exportRun(client, { run: first.watcher.run, dataset }, { picture, stage });
  return { dataset, runs };
}

const pageSchema = z.object({
  items: z.array(z.object({ hash: z.string(), class: z.string().nullable(), use: z.string() })),
});
const datasetSchema = z.object({ classes: z.array(z.object({ id: z.string(), name: z.string() })) });

/** Pictures of a data set, as "class sha256", in order; those that are not in use say so. */
export async function picturesOf(client: StubbornClient, dataset: string): Promise<readonly string[]> {
  const { classes } = await client.call(datasetSchema, "GET", `/datasets/${dataset}`);
  const names = new Map(classes.map(({ id, name }) => [id, name]));
  const { items } = await client.call(pageSchema, "GET", `/datasets/${dataset}/images?limit=500`);
  const said = items.map(({ hash, class: of, use }) => {
    const name = of === null ? "none" : (names.get(of) ?? of);
    return use === "in" ? `${name} ${hash}` : `${name} ${hash} ${use}`;
  });
  return said.sort();
}
