import { CoreError } from "@graft/core";
import type { Clock } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { ClassRow, DatasetRow, EditKind, EditRow, ImageChange, ImageRow } from "../ports/rows.ts";
import { classChanges } from "./class-order.ts";
import type { Dealer } from "./dealer.ts";
import { OneByOne } from "./one-by-one.ts";

/** Somebody else's edit may come between, and again; who is always overtaken asks again. */
const ATTEMPTS = 5;

/** What an edit did. */
export interface Edited {
  /** Its number in the data set's log; null: nothing was to be changed. */
  readonly edit: number | null;
  /** Pictures and classes that are otherwise now. */
  readonly images: number;
  readonly classes: number;
  /** Pictures and classes that were asked for and stay as they are: they are not there, or were changed since. */
  readonly missed: { readonly images: number; readonly classes: number };
}

/** A data set as an edit finds it. */
export interface Found {
  readonly dataset: DatasetRow;
  /** By position. */
  readonly classes: readonly ClassRow[];
}

/** What an edit is to change. */
export interface Plan {
  readonly images: readonly ImageChange[];
  /** As they stand afterwards. */
  readonly classes: readonly ClassRow[];
  /** Rows of the pictures in `images`. */
  readonly rows: readonly ImageRow[];
  readonly missed?: Edited["missed"];
}

const NONE_MISSED = { images: 0, classes: 0 };

export interface WriterParts {
  readonly repository: Repository;
  readonly clock: Clock;
  readonly dealer: Dealer;
}

/** Who edits, and how. */
export interface Editing {
  readonly kind: EditKind;
  /** Account. */
  readonly by: string;
  /** Of an undo or a redo. @default none */
  readonly of?: number | undefined;
  /** The data set as it is. @throws CoreError `not-found`. */
  readonly find: () => Promise<DatasetRow>;
}

/** Writes edits into a data set's log and does them, one after the other. */
export class EditWriter {
  readonly #parts: WriterParts;
  readonly #turns = new OneByOne();

  constructor(parts: WriterParts) {
    this.#parts = parts;
  }

  /**
   * Does what `plan` makes of the data set as it is; made again when an edit by another server comes between.
   * @param dataset its id.
   * @throws CoreError `not-found`, `conflict` for who is overtaken again and again; what `plan` throws.
   */
  write(dataset: string, editing: Editing, plan: (found: Found) => Promise<Plan>): Promise<Edited> {
    return this.#turns.run(dataset, () => this.#writeNow(editing, plan));
  }

  async #writeNow({ kind, by, of, find }: Editing, plan: (found: Found) => Promise<Plan>): Promise<Edited> {
    const { repository, clock } = this.#parts;
    for (let attempt = 1; ; attempt++) {
      const dataset = await find();
      const found = { dataset, classes: await repository.datasets.classes(dataset.id) };
      const planned = await plan(found);
      const classes = classChanges(found.classes, planned.classes);
      const { images, missed = NONE_MISSED } = planned;
      const did = { images: images.length, classes: classes.length, missed };
      if (images.length === 0 && classes.length === 0) return { edit: null, ...did };
      const number = dataset.lastEdit + 1;
      const line = { dataset: dataset.id, number, kind, at: clock(), by, of: of ?? null, isUndone: false };
      try {
        await this.#apply(found, { ...line, images, classes }, planned);
        return { edit: number, ...did };
      } catch (error) {
        const isOvertaken = error instanceof CoreError && error.code === "conflict";
        if (!isOvertaken || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** Writes an edit, with the sides of pictures that it brings into use. */
  async #apply({ dataset, classes: before }: Found, edit: EditRow, { classes, rows }: Plan): Promise<void> {
    const { edits } = this.#parts.repository;
    const states = new Map(edit.images.map(({ image, after }) => [image, after]));
    const after = new Map(rows.map((row) => [row.id, { ...row, ...states.get(row.id) }]));
    const wasOff = new Set(before.flatMap(({ id, isOff }) => (isOff ? [id] : [])));
    const isOn = classes.some(({ id, isOff }) => wasOff.has(id) && !isOff);
    // what is in doubt in two classes that become one is decided by that
    const isMerged = classes.length < before.length;
    const isNew = ({ use, class: of, part }: ImageRow): boolean =>
      use === "in" && of !== null && part === null;
    const mayDeal = isOn || isMerged || [...after.values()].some(isNew);
    if (!mayDeal) return edits.apply(edit, new Map());
    await this.#parts.dealer.dealWith(dataset, { images: after, classes }, (parts) =>
      edits.apply(edit, parts),
    );
  }
}
