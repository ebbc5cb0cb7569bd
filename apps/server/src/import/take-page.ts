import { createReadStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { BlobKeeper, IncomingImage, Keeping } from "@graft/api";
import { CoreError, inParallel } from "@graft/core";
import { sha256 } from "@graft/core/node";
import type { ImportPlace } from "./import-place.ts";
import { thumbnailPath } from "./look-journal.ts";
import type { Found } from "./messages.ts";

/** Blobs that are written at once: with an S3 store each is a request. */
const AT_ONCE = 16;

export interface PageTaker {
  readonly keeper: Pick<BlobKeeper, "begin">;
  readonly place: ImportPlace;
  /** Hashes of the upload's own files, by where they lie: these are blobs. */
  readonly own: ReadonlyMap<string, string>;
  /** Writes the rows, while what they name is held. */
  readonly add: (images: readonly IncomingImage[]) => Promise<void>;
}

/** A picture that was found, and its small one. */
interface Picture {
  readonly found: Found;
  readonly thumbnail: { readonly bytes: Uint8Array; readonly hash: string } | null;
}

async function withThumbnail(found: Found, { place }: PageTaker): Promise<Picture> {
  if (!found.hasThumbnail) return { found, thumbnail: null };
  const bytes = await readFile(await place.check(thumbnailPath(place.folder, found.hash)));
  return { found, thumbnail: { bytes, hash: sha256(bytes) } };
}

async function keepPicture(
  { found, thumbnail }: Picture,
  keeping: Keeping,
  { place, own }: PageTaker,
): Promise<void> {
  const { path, location, hash, bytes } = found;
  const known = own.get(location);
  if (known === undefined)
    await keeping.keep(createReadStream(await place.check(location)), { hash, maxBytes: bytes });
  else if (known !== hash)
    throw new CoreError("corrupt", { what: `${path} has changed while it was read.`, fix: "Send it again." });
  if (thumbnail) await keeping.keep(thumbnail.bytes, { hash: thumbnail.hash });
}

/** Stores the pictures of a page, and their small ones, then writes their rows. */
export async function takePage(page: readonly Found[], taker: PageTaker): Promise<void> {
  await using keeping = taker.keeper.begin();
  const pictures: Picture[] = [];
  for (const found of page) pictures.push(await withThumbnail(found, taker));
  const hashes = pictures.flatMap(({ found, thumbnail }) =>
    thumbnail ? [found.hash, thumbnail.hash] : [found.hash],
  );
  await keeping.hold([...new Set(hashes)]);
  await inParallel(pictures, AT_ONCE, (picture) => keepPicture(picture, keeping, taker));
  await taker.add(
    pictures.map(({ found, thumbnail }): IncomingImage => {
      const { path, hash, bytes, label, facts, reason, group, part } = found;
      return { path, hash, bytes, label, facts, reason, group, part, thumbnail: thumbnail?.hash ?? null };
    }),
  );
}
