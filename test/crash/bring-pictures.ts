import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import type { RoundPictures } from "./round-pictures.ts";
import type { Stage } from "./stage.ts";
import { type StubbornClient, sha256 } from "./stubborn-client.ts";

const idSchema = z.object({ id: z.string() });
const missingSchema = z.object({ missing: z.array(z.string()) });
const sentSchema = z.object({ bytes: z.number(), isHere: z.boolean() });
const uploadSchema = z.object({
  state: z.string(),
  result: z.looseObject({ added: z.int(), broken: z.looseObject({ count: z.int() }) }).nullable(),
  error: z.unknown(),
});

const PIECE_BYTES = 1_500_000;
const LOOK_MS = 30;

/** A data set of a round's pictures: an upload of files, then one of an archive. @returns its id */
export async function bringPictures(
  client: StubbornClient,
  { loose, archive }: RoundPictures,
  stage: Stage,
): Promise<string> {
  const { dataset } = await client.call(z.object({ dataset: idSchema }), "POST", "/datasets", {
    name: "Kept",
  });
  await bring(client, dataset.id, loose, stage);
  await bring(client, dataset.id, new Map([["more.zip", archive]]), stage);
  return dataset.id;
}

async function bring(
  client: StubbornClient,
  dataset: string,
  files: ReadonlyMap<string, Buffer<ArrayBuffer>>,
  stage: Stage,
): Promise<void> {
  const upload = await stage.during("upload", async () => {
    const { id } = await client.call(idSchema, "POST", `/datasets/${dataset}/uploads`, {});
    const byHash = new Map([...files.values()].map((bytes) => [sha256(bytes), bytes]));
    const named = [...files].map(([path, bytes]) => ({ path, hash: sha256(bytes), bytes: bytes.length }));
    const { missing } = await client.call(missingSchema, "POST", `/uploads/${id}/files`, { files: named });
    for (const hash of missing) await send(client, `/uploads/${id}/blobs/${hash}`, byHash.get(hash));
    // the server has said of each that it is here
    for (const hash of byHash.keys()) {
      const { isHere } = await client.call(sentSchema, "GET", `/uploads/${id}/blobs/${hash}`);
      if (!isHere) throw new Error(`the server has lost the file ${hash} of the upload ${id}, which it had`);
    }
    return id;
  });
  await stage.during("import", async () => {
    await client.call(idSchema, "POST", `/uploads/${upload}/finish`);
    for (;;) {
      const told = await client.call(uploadSchema, "GET", `/uploads/${upload}`);
      const isWell = told.state !== "failed" && (told.result?.broken.count ?? 0) === 0;
      if (!isWell) throw new Error(`the upload ${upload} came to this: ${JSON.stringify(told)}`);
      if (told.state === "done") return;
      await pause(LOOK_MS);
    }
  });
}

/** A file in pieces, each behind what the server says that it has. */
async function send(
  client: StubbornClient,
  path: string,
  bytes: Buffer<ArrayBuffer> = Buffer.alloc(0),
): Promise<void> {
  for (;;) {
    const { isHere, bytes: have } = await client.call(sentSchema, "GET", path);
    if (isHere) return;
    // small ones are taken whole or not at all
    const most = bytes.length > 2 * PIECE_BYTES ? have + PIECE_BYTES : bytes.length;
    const place = have === 0 ? path : `${path}?offset=${have}`;
    await client.once(sentSchema, ["PUT", place], bytes.subarray(have, most));
  }
}
