import { inPages } from "../ports/in-pages.ts";
import type { Repository } from "../ports/repository.ts";
import type { Caller } from "./identity.ts";

/** What goes with accounts that are deleted. */
export interface OwnedThings {
  readonly datasets: number;
  readonly images: number;
  /** Of the images. */
  readonly bytes: number;
  readonly runs: number;
}

/** Deletes a data set with all that is its: rows, blobs that nobody else needs, jobs under way. */
export type DeleteDataset = (caller: Caller, dataset: string) => Promise<void>;

/** The data of accounts that are to go. */
export class OwnedData {
  readonly #repository: Repository;
  readonly #deleteDataset: DeleteDataset;

  constructor(repository: Repository, deleteDataset: DeleteDataset) {
    this.#repository = repository;
    this.#deleteDataset = deleteDataset;
  }

  async count(accounts: readonly string[]): Promise<OwnedThings> {
    const { datasets, runs } = this.#repository;
    const things = { datasets: 0, images: 0, bytes: 0, runs: 0 };
    for (const owner of accounts)
      for (const { id } of await inPages((request) => datasets.page({ ...request, owner }))) {
        const { classes, bytes } = await datasets.counts(id);
        things.datasets++;
        things.bytes += bytes;
        for (const parts of Object.values(classes))
          for (const images of Object.values(parts)) things.images += images;
        things.runs += (await inPages((request) => runs.page({ ...request, dataset: id }))).length;
      }
    return things;
  }

  async delete(caller: Caller, accounts: readonly string[]): Promise<void> {
    const { datasets } = this.#repository;
    for (const owner of accounts)
      for (const { id } of await inPages((request) => datasets.page({ ...request, owner })))
        await this.#deleteDataset(caller, id);
  }
}
