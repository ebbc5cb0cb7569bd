import { CoreError } from "@graft/core";
import type { Access } from "../identity/access.ts";
import { type Caller, notThere, notThereIn } from "../identity/identity.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Repository } from "../ports/repository.ts";

/** A picture that a model is asked about: one of the caller's data sets, or a file's bytes. */
export type AskedPicture = { readonly image: string } | { readonly base64: string };

/** Pictures of one call: more are several calls. */
export const MOST_PICTURES = 200;
/** Of files in one call. */
export const MOST_PICTURE_BYTES = 50e6;

/** @throws CoreError `limit`. */
export function checkPictures(pictures: readonly { readonly length: number }[]): void {
  const bytes = pictures.reduce((sum, { length }) => sum + length, 0);
  if (pictures.length <= MOST_PICTURES && bytes <= MOST_PICTURE_BYTES) return;
  throw new CoreError("limit", {
    what: "These are too many pictures for one call.",
    received: `${pictures.length} pictures, ${Math.ceil(bytes / 1e6)} MB`,
    expected: `at most ${MOST_PICTURES} pictures and ${MOST_PICTURE_BYTES / 1e6} MB`,
    fix: "Send them in several calls.",
  });
}

/** What is no base64 becomes an empty file, which is refused in its place. */
function decoded(base64: string): Uint8Array<ArrayBuffer> {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

/** A picture's file; undefined for one whose bytes are gone or others. @throws CoreError for a store that is in trouble. */
export async function readUnlessGone(
  blobs: Pick<BlobStore, "read">,
  hash: string,
): Promise<Uint8Array | undefined> {
  try {
    return await blobs.read(hash);
  } catch (error) {
    if (error instanceof CoreError && (error.code === "not-found" || error.code === "corrupt"))
      return undefined;
    throw error;
  }
}

/** Reads the pictures that a call names. */
export class AskedPictures {
  readonly #repository: Pick<Repository, "images">;
  readonly #blobs: BlobStore;
  readonly #access: Access;

  constructor(parts: {
    readonly repository: Pick<Repository, "images">;
    readonly blobs: BlobStore;
    readonly access: Access;
  }) {
    this.#repository = parts.repository;
    this.#blobs = parts.blobs;
    this.#access = parts.access;
  }

  /**
   * @returns the files' bytes, in order; empty for one whose bytes are gone, or that is no base64.
   * @throws CoreError `not-found` for an image that is not the caller's, `limit`, `unreadable`.
   */
  async read(caller: Caller, pictures: readonly AskedPicture[]): Promise<readonly Uint8Array[]> {
    const ids = [...new Set(pictures.flatMap((picture) => ("image" in picture ? [picture.image] : [])))];
    const hashes = await this.#hashes(caller, ids);
    const bytes: Uint8Array[] = [];
    for (const picture of pictures) {
      if ("base64" in picture) bytes.push(decoded(picture.base64));
      else
        bytes.push((await readUnlessGone(this.#blobs, hashes.get(picture.image) ?? "")) ?? new Uint8Array());
      checkPictures(bytes);
    }
    return bytes;
  }

  async #hashes(caller: Caller, ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    if (ids.length === 0) return new Map();
    const rows = await this.#repository.images.getMany(ids);
    const [missing] = ids.filter((id) => !rows.some((row) => row.id === id));
    if (missing !== undefined) throw notThere("picture", missing);
    for (const dataset of new Set(rows.map((row) => row.dataset)))
      await this.#access.dataset(caller, dataset).catch((error: unknown) => {
        throw notThereIn(error, "picture", rows.find((row) => row.dataset === dataset)?.id ?? "");
      });
    return new Map(rows.map(({ id, hash }) => [id, hash]));
  }
}
