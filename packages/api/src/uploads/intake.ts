import { CoreError, type Part } from "@graft/core";
import { addClasses } from "../datasets/class-order.ts";
import { Dealer } from "../datasets/dealer.ts";
import { EditWriter } from "../datasets/edit-writer.ts";
import { notThere } from "../identity/identity.ts";
import { type Clock, newId } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { ClassRow, DatasetNote, DatasetRow, ImageRow, UploadRow } from "../ports/rows.ts";
import { numberedName } from "./free-name.ts";
import { type IncomingImage, isOwn, isThere, joinNotes, type Taken } from "./incoming.ts";

/** Somebody else may take a name or a class meanwhile. */
const ATTEMPTS = 5;

/** How an upload was understood. */
export interface IntakeStart {
  /** Names of its classes. */
  readonly labels: readonly string[];
  /** Its folders say which pictures are held back. */
  readonly isGiven: boolean;
}

/**
 * Takes the pictures of an upload into its data set, page by page. Doing it again after a kill at any moment ends with the same
 * rows: each is known by its name and by the moment at which the upload was finished.
 */
export class Intake {
  readonly #repository: Repository;
  readonly #clock: Clock;
  readonly #dealer: Dealer;
  readonly #writer: EditWriter;
  readonly #upload: UploadRow;
  #taken: Taken = { added: 0, same: 0, unsorted: 0 };
  /** By name. */
  #classes: ReadonlyMap<string, ClassRow> = new Map();
  #split: DatasetRow["split"] | undefined;

  constructor(parts: { readonly repository: Repository; readonly clock: Clock }, upload: UploadRow) {
    this.#repository = parts.repository;
    this.#clock = parts.clock;
    this.#dealer = new Dealer(parts);
    this.#writer = new EditWriter({ ...parts, dealer: this.#dealer });
    this.#upload = upload;
  }

  /** From the start, also once more. @throws CoreError `not-found` when the data set or the class that was asked for is gone. */
  async begin({ labels, isGiven }: IntakeStart): Promise<void> {
    this.#taken = { added: 0, same: 0, unsorted: 0 };
    const { dataset, account: by } = this.#upload;
    if (this.#upload.class === null)
      await this.#writer.write(
        dataset,
        { kind: "add-class", by, find: () => this.#dataset() },
        async ({ classes }) => {
          const known = new Set(classes.map(({ name }) => name));
          const added = labels
            .filter((name) => !known.has(name))
            .map((name) => ({ id: newId(), dataset, name }));
          return { images: [], rows: [], classes: addClasses(classes, added) };
        },
      );
    await this.#readClasses();
    const { split } = await this.#dataset();
    const { classes } = await this.#repository.datasets.counts(dataset);
    const dealt = Object.values(classes).reduce((sum, { train, validation }) => sum + train + validation, 0);
    this.#split = isGiven && dealt === 0 ? { ...split, kind: "given" } : undefined;
  }

  /** @throws CoreError `not-found`, `conflict` for who is overtaken again and again. */
  async add(images: readonly IncomingImage[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      const { rows, ...taken } = await this.#place(images);
      try {
        await this.#repository.images.add(this.#upload.dataset, {
          ...{ classes: [], images: rows, parts: new Map(), at: this.#clock() },
          ...(this.#split && { split: this.#split }),
        });
        for (const key of ["added", "same", "unsorted"] as const) this.#taken[key] += taken[key];
        return;
      } catch (error) {
        const isOvertaken = error instanceof CoreError && error.code === "conflict";
        if (!isOvertaken || attempt === ATTEMPTS) throw error;
        await this.#readClasses();
      }
    }
  }

  /** Deals the new pictures their sides. @returns what came of all pages. */
  async finish(notes: readonly DatasetNote[]): Promise<Taken> {
    const dataset = await this.#dataset();
    const joined = joinNotes(dataset.notes, notes);
    if (joined.length !== dataset.notes.length || joined.at(-1) !== dataset.notes.at(-1))
      await this.#repository.datasets.update(dataset.id, { notes: joined, changedAt: this.#clock() });
    await this.#dealer.dealAll(dataset);
    return this.#taken;
  }

  async #dataset(): Promise<DatasetRow> {
    const dataset = await this.#repository.datasets.get(this.#upload.dataset);
    if (dataset === undefined) throw notThere("data set", this.#upload.dataset);
    return dataset;
  }

  async #readClasses(): Promise<void> {
    const rows = await this.#repository.datasets.classes(this.#upload.dataset);
    const { class: given } = this.#upload;
    if (given !== null && !rows.some(({ id }) => id === given)) throw notThere("class", given);
    this.#classes = new Map(rows.map((row) => [row.name, row]));
  }

  #classOf({ label }: IncomingImage): string | null {
    return this.#upload.class ?? (label === null ? null : (this.#classes.get(label)?.id ?? null));
  }

  /** The rows of a page: under their names, or numbered ones where others have these. */
  async #place(images: readonly IncomingImage[]): Promise<Taken & { readonly rows: readonly ImageRow[] }> {
    const { dataset, account: addedBy, heardAt: addedAt } = this.#upload;
    const mark = { addedAt, addedBy };
    const { images: stored } = this.#repository;
    const there = await stored.byHashes(
      dataset,
      images.map(({ hash }) => hash),
    );
    const news = images.filter((image) => !isThere(image, this.#classOf(image), there, mark));
    const rows: ImageRow[] = [];
    const names = new Set<string>();
    let left = news;
    for (let number = 1; left.length > 0; number++) {
      const nameOf = ({ path }: IncomingImage): string => (number === 1 ? path : numberedName(path, number));
      const taken = new Map((await stored.byPaths(dataset, left.map(nameOf))).map((row) => [row.path, row]));
      const next: IncomingImage[] = [];
      for (const image of left) {
        const path = nameOf(image);
        const row = taken.get(path);
        // taken in by a try that was cut off
        if (row !== undefined && row.hash === image.hash && isOwn(row, mark)) continue;
        if (row !== undefined || names.has(path)) next.push(image);
        else {
          names.add(path);
          rows.push({ ...this.#rowOf(image), path });
        }
      }
      left = next;
    }
    const isUnsorted = (image: IncomingImage): boolean =>
      image.facts !== null && this.#classOf(image) === null;
    const isPicture = (image: Pick<IncomingImage, "facts">): boolean => image.facts !== null;
    return {
      rows,
      added: news.filter(isPicture).length,
      same: images.length - news.length,
      unsorted: news.filter(isUnsorted).length,
    };
  }

  #rowOf(image: IncomingImage): ImageRow {
    const { dataset, account: addedBy, heardAt: addedAt } = this.#upload;
    const { hash, bytes, facts, reason, group, thumbnail } = image;
    const part: Part | null = facts === null ? null : image.part;
    return {
      ...{ id: newId(), dataset, path: image.path, hash, bytes, class: this.#classOf(image) },
      ...{ use: facts === null ? "broken" : "in", reason, facts, group, part, thumbnail, addedAt, addedBy },
    };
  }
}
