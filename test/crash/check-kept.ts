import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { BlobKeeper, checkBlobs } from "@graft/api";
import { openStore } from "@graft/server";
import * as z from "zod";
import { openBlobStore } from "../../apps/server/src/blobs/open-blob-store.ts";
import { comparedBlobs } from "../../packages/api/src/blobs/compare-blobs.ts";
import { checkRun, differs } from "./check-run.ts";
import type { Lives, LivesOptions } from "./lives.ts";
import { picturesOf, type Round } from "./round.ts";
import type { RoundPictures } from "./round-pictures.ts";

const pageSchema = z.object({ items: z.array(z.looseObject({ id: z.string() })) });
const queueSchema = z.array(z.looseObject({ kind: z.string(), state: z.string() }));

/** What is left in the line goes by then. */
const QUEUE_MS = 30_000;
/** Whoever was killed while he held a blob holds it for an hour. */
const HELD_MS = 2 * 60 * 60_000;
/** Of a server's folder, those in which nothing stays once nobody works. */
const PASSING = ["spool", "import", "exports", "blobs-on-their-way", "blobs/tmp"];

/** How a disturbed round differs from the same one undisturbed, and from what its client heard. A sentence each. */
export async function checkRound(
  { client }: Lives,
  {
    round,
    calm,
    pictures,
  }: { readonly round: Round; readonly calm: Round; readonly pictures: RoundPictures },
): Promise<readonly string[]> {
  const { items } = await client.call(pageSchema, "GET", `/runs?dataset=${round.dataset}`);
  const made = round.runs.map(({ watcher }) => watcher.run);
  const found = [
    ...differs("pictures", await picturesOf(client, round.dataset), pictures.all),
    ...differs("runs", items.map(({ id }) => id).sort(), made.sort()),
  ];
  for (const [at, run] of round.runs.entries()) found.push(...(await checkRun(client, run, calm.runs[at])));
  return found;
}

/** What a server that has nothing to do any more still keeps that nobody needs. */
export async function checkIdle({ client }: Lives, { home }: LivesOptions): Promise<readonly string[]> {
  let queue = await client.call(queueSchema, "GET", "/queue");
  for (
    const end = performance.now() + QUEUE_MS;
    queue.length > 0 && performance.now() < end;
    await pause(100)
  )
    queue = await client.call(queueSchema, "GET", "/queue");
  const found = queue.map((job) => `in the line is left ${JSON.stringify(job)}`);
  for (const folder of PASSING) {
    const path = join(home, "server", folder);
    const left = existsSync(path) ? await readdir(path) : [];
    if (left.length > 0) found.push(`in ${folder} is left ${left.join(", ")}`);
  }
  return found;
}

/** Rows and blobs of a server that has ended, held against each other: each record its file, each file its record. */
export async function checkStore({
  home,
  blobs: place,
  databaseUrl,
}: LivesOptions): Promise<readonly string[]> {
  await using store = await openStore(databaseUrl === undefined ? { home } : { url: databaseUrl });
  const blobs = await openBlobStore(place ?? join(home, "server/blobs"));
  const { repository } = store;
  const keeper = new BlobKeeper({ repository, blobs, clock: () => Date.now() + HELD_MS });
  await keeper.sweep({ olderThanMs: 0 });
  const found = (await checkBlobs({ repository, blobs })).map((trouble) => JSON.stringify(trouble));
  let compared = 0;
  for await (const { hash, named, stored } of comparedBlobs({ repository, blobs })) {
    compared++;
    if (!named) found.push(`the file ${hash} has no record`);
    if (!stored) found.push(`the record ${hash} has no file`);
    // reading holds its bytes against its name
    else await blobs.read(hash).catch((error: unknown) => found.push(`${hash}: ${error}`));
  }
  if (compared === 0) found.push("there is nothing in the store");
  return found;
}
