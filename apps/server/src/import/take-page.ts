import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { BlobKeeper, IncomingImage, Keeping } from "@graft/api";
import { CoreError, inParallel } from "@graft/core";
import type { ImportPlace } from "./import-place.ts";
import { thumbnailPath } from "./look-journal.ts";
import type { Found } from "./messages.ts";

/** Blobs that are written at once: with an S3 store each is a request. */
const AT_ONCE = 8;

export interface PageTaker {
  readonly keeper: Pick<BlobKeeper, "begin">;
  readonly place: ImportPlace;
  /** Hashes of the upload's own files, by where they lie: these are blobs. */
  readonly own: ReadonlyMap<string, string>;
  /** Writes the rows, while what they name is held. */
  readonly add: (images: readonly IncomingImage[]) => Promise<void>;
}

async function keepPicture(
  found: Found,
  keeping: Keeping,
  { place, own }: PageTaker,
): Promise<string | null> {
  const { location, hash, bytes, hasThumbnail } = found;
  const known = own.get(location);
  if (known === undefined)
    await keeping.keep(createReadStream(await place.check(location)), { hash, maxBytes: bytes });
  else if (known !== hash)
    throw new CoreError("corrupt", {
      what: `${found.path} has changed while it was read.`,
      fix: "Send it again.",
    });
  if (!hasThumbnail) return null;
  const small = await readFile(await place.check(thumbnailPath(place.folder, hash)));
  return (await keeping.keep(small)).hash;
}

/** Stores the pictures of a page, and their small ones, then writes their rows. */
export async function takePage(page: readonly Found[], taker: PageTaker): Promise<void> {
  await using keeping = taker.keeper.begin();
  const thumbnails = new Map<Found, string | null>();
  await inParallel(page, AT_ONCE, async (found) => {
    thumbnails.set(found, await keepPicture(found, keeping, taker));
  });
  await taker.add(
    page.map((found): IncomingImage => {
      const { path, hash, bytes, label, facts, reason, group, part } = found;
      return {
        path,
        hash,
        bytes,
        label,
        facts,
        reason,
        group,
        part,
        thumbnail: thumbnails.get(found) ?? null,
      };
    }),
  );
}
