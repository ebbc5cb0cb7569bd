import { CoreError, type Part } from "@graft/core";
import { type Clock, newId } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { ClassRow, DatasetRow, ImageRow } from "../ports/rows.ts";
import { dealUndealt } from "./split-sides.ts";

/** A server that ends in the middle keeps others from dealing for so long. */
const LEASE_MS = 15_000;
const RENEW_MS = 5000;
/** Longer than a lease that nobody renews. */
const PATIENCE_MS = 20_000;
const ASK_AGAIN_MS = 100;

/** All pictures of a data set. */
export async function allImages(repository: Repository, dataset: string): Promise<ImageRow[]> {
  const images: ImageRow[] = [];
  for await (const page of repository.images.all(dataset)) images.push(...page);
  return images;
}

/** Gives pictures their sides, one dealing at a time in a data set, so that what belongs together comes together. */
export class Dealer {
  readonly #repository: Repository;
  readonly #clock: Clock;

  constructor({ repository, clock }: { readonly repository: Repository; readonly clock: Clock }) {
    this.#repository = repository;
    this.#clock = clock;
  }

  /**
   * The turn to deal in a data set.
   * @param patienceMs how long others are waited for.
   * @returns what gives it back; undefined while others have it.
   */
  async turn(dataset: string, patienceMs: number): Promise<AsyncDisposable | undefined> {
    const { leases } = this.#repository;
    const name = `deal ${dataset}`;
    const holder = newId();
    const take = async (): Promise<boolean> => {
      const now = this.#clock();
      return (await leases.acquire(name, { holder, now, until: now + LEASE_MS })) === holder;
    };
    const start = performance.now();
    while (!(await take())) {
      if (performance.now() - start >= patienceMs) return undefined;
      await new Promise<void>((resolve) => setTimeout(resolve, ASK_AGAIN_MS));
    }
    // a store that is away for a while is noticed by the dealing itself
    const renewal = setInterval(() => void take().catch(() => undefined), RENEW_MS);
    return {
      [Symbol.asyncDispose]: async () => {
        clearInterval(renewal);
        await leases.release(name, holder);
      },
    };
  }

  /** {@link turn} of who waits for others. @throws CoreError `busy`. */
  async patientTurn(dataset: string): Promise<AsyncDisposable> {
    const turn = await this.turn(dataset, PATIENCE_MS);
    if (turn !== undefined) return turn;
    throw new CoreError("busy", {
      what: "The pictures of this data set are being sorted into learned and held-back ones.",
      fix: "Try again in a moment.",
    });
  }

  /** Deals all pictures that are used and have no side yet. @throws CoreError `busy` while others deal. */
  async dealAll(dataset: DatasetRow): Promise<void> {
    const { id } = dataset;
    await using _ = await this.patientTurn(id);
    const images = await allImages(this.#repository, id);
    // others may have made a new split while this one waited
    const { split } = (await this.#repository.datasets.get(id)) ?? dataset;
    const parts = dealUndealt(images, await this.#repository.datasets.classes(id), split);
    if (parts.size === 0) return;
    await this.#repository.images.add(id, { classes: [], images: [], parts, at: this.#clock() });
  }

  /**
   * Sides of pictures that an edit brings into use, for going with it.
   * @param after the pictures and classes as the edit makes them.
   * @returns none while others deal: a later dealing gives them.
   */
  async dealWith(
    { id, split }: DatasetRow,
    after: { readonly images: ReadonlyMap<string, ImageRow>; readonly classes: readonly ClassRow[] },
    write: (parts: ReadonlyMap<string, Part>) => Promise<void>,
  ): Promise<void> {
    await using turn = await this.turn(id, 0);
    if (turn === undefined) return write(new Map());
    const images = await allImages(this.#repository, id);
    const changed = images.map((image) => after.images.get(image.id) ?? image);
    await write(dealUndealt(changed, after.classes, split));
  }
}
