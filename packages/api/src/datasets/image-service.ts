import type { ImageFormat } from "@graft/core";
import type { Access } from "../identity/access.ts";
import type { AuditService } from "../identity/audit-service.ts";
import { type Caller, notThere, notThereIn } from "../identity/identity.ts";
import type { ModelJobRemoval } from "../model-jobs/model-job-removal.ts";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { ImageFilter, Repository } from "../ports/repository.ts";
import type { ImageRow } from "../ports/rows.ts";
import type { KeptBlobs } from "../uploads/kept-blobs.ts";
import { classOf } from "./class-order.ts";
import { type Selection, selectImages } from "./own-images.ts";

export interface ImageParts {
  readonly repository: Repository;
  readonly blobs: BlobStore;
  readonly kept: KeptBlobs;
  readonly clock: Clock;
  readonly access: Access;
  readonly audit: AuditService;
  readonly modelJobs: Pick<ModelJobRemoval, "forgetPictures">;
}

/** Bytes for sending on. */
export interface OpenedPicture {
  readonly hash: string;
  readonly bytes: number;
  /** "image/jpeg" */
  readonly mediaType: string;
  /** Of a file that is saved. */
  readonly name?: string;
  stream(range?: { readonly start: number; readonly length: number }): Promise<AsyncIterable<Uint8Array>>;
}

/** Of what cannot be read nobody knows what it is, and no browser is to try. */
const UNKNOWN_TYPE = "application/octet-stream";

const MEDIA_TYPES: Readonly<Record<ImageFormat, string>> = {
  ...{ jpeg: "image/jpeg", png: "image/png", webp: "image/webp", gif: "image/gif", bmp: "image/bmp" },
  ...{ tiff: "image/tiff", avif: "image/avif", pbm: "image/x-portable-bitmap" },
  ...{ pgm: "image/x-portable-graymap", ppm: "image/x-portable-pixmap", pam: "image/x-portable-anymap" },
};

/** Pictures of data sets: found, shown, deleted. What an edit changes of them is `EditService`'s. */
export class ImageService {
  readonly #parts: ImageParts;

  constructor(parts: ImageParts) {
    this.#parts = parts;
  }

  /** @throws CoreError `not-found`. */
  async page(caller: Caller, dataset: string, request: PageRequest & ImageFilter): Promise<Page<ImageRow>> {
    const { repository, access } = this.#parts;
    await access.dataset(caller, dataset);
    const page = await repository.images.page(dataset, request);
    const { class: of } = request;
    // asked only where nothing was found: a class with pictures is there
    if (page.items.length === 0 && typeof of === "string")
      classOf(await repository.datasets.classes(dataset), of);
    return page;
  }

  /** @throws CoreError `not-found`. */
  async get(caller: Caller, id: string): Promise<ImageRow> {
    const { repository, access } = this.#parts;
    const image = await repository.images.get(id);
    if (image === undefined) throw notThere("picture", id);
    await access.dataset(caller, image.dataset).catch((error: unknown) => {
      throw notThereIn(error, "picture", id);
    });
    return image;
  }

  /** The file as it came. @throws CoreError `not-found`. */
  async openFile(caller: Caller, id: string): Promise<OpenedPicture> {
    const { hash, bytes, path, facts } = await this.get(caller, id);
    const mediaType = facts === null ? UNKNOWN_TYPE : MEDIA_TYPES[facts.format];
    const name = path.slice(path.lastIndexOf("/") + 1);
    return { hash, bytes, mediaType, name, stream: (range) => this.#parts.blobs.stream(hash, range) };
  }

  /** WebP, at most 256 pixels wide and high. @throws CoreError `not-found`, also where there is none. */
  async openThumbnail(caller: Caller, id: string): Promise<OpenedPicture> {
    const { thumbnail: hash } = await this.get(caller, id);
    const facts = hash === null ? undefined : await this.#parts.blobs.head(hash);
    if (facts === undefined) throw notThere("small picture", id);
    const { hash: found, bytes } = facts;
    return {
      ...{ hash: found, bytes, mediaType: "image/webp" },
      stream: (range) => this.#parts.blobs.stream(found, range),
    };
  }

  /**
   * Removes pictures for good, with all bytes that no other data set has; not to be undone, unlike leaving out.
   * @returns how many were removed. @throws CoreError `not-found`, `limit`.
   */
  async delete(caller: Caller, dataset: string, selection: Selection): Promise<number> {
    const { repository, access, audit, kept, modelJobs, clock } = this.#parts;
    await access.dataset(caller, dataset);
    const { images } = await selectImages(repository, dataset, selection);
    // pages that show them go first, so that none outlives a kill in between, and those that were begun meanwhile after
    if (images.length > 0) await modelJobs.forgetPictures(dataset);
    const removed = await repository.images.remove(
      dataset,
      images.map(({ id }) => id),
      clock(),
    );
    const hashes = removed.flatMap(({ hash, thumbnail }) =>
      thumbnail === null ? [hash] : [hash, thumbnail],
    );
    await kept.drop(hashes, { arePictures: true });
    if (removed.length > 0) await audit.note(caller, "images-deleted", { dataset, images: removed.length });
    if (removed.length > 0) await modelJobs.forgetPictures(dataset);
    return removed.length;
  }
}
