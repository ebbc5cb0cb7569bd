import { CoreError } from "@graft/core";
import type { Access } from "../identity/access.ts";
import { type Caller, notThere } from "../identity/identity.ts";
import { newId } from "../ports/clock.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { Repository } from "../ports/repository.ts";
import type { ClassRow, EditKind, EditRow, ImageChange, ImageRow } from "../ports/rows.ts";
import {
  addClasses,
  classOf,
  removeClasses,
  renameClass,
  reorderClasses,
  switchClass,
} from "./class-order.ts";
import { type Edited, EditWriter, type Found, type Plan, type WriterParts } from "./edit-writer.ts";
import { type Selection, selectImages } from "./own-images.ts";
import { keep, leaveOut, moveTo } from "./picture-changes.ts";
import { type Direction, turnBack } from "./turn-back.ts";

const PAGE = 500;

/** Changes of a data set's pictures and classes: each a line of its log, which can be undone and redone at any time. */
export class EditService {
  readonly #repository: Repository;
  readonly #access: Access;
  readonly #writer: EditWriter;

  constructor(parts: WriterParts & { readonly access: Access }) {
    this.#repository = parts.repository;
    this.#access = parts.access;
    this.#writer = new EditWriter(parts);
  }

  /** @param to class; null: sorted into none. @throws CoreError `not-found`, `limit`. */
  move(caller: Caller, dataset: string, to: string | null, selection: Selection): Promise<Edited> {
    return this.#editImages(caller, dataset, { kind: "move", selection }, (images, classes) => {
      if (to !== null) classOf(classes, to);
      return moveTo(images, to);
    });
  }

  /** @param reason for people. @throws CoreError `not-found`, `limit`. */
  leaveOut(caller: Caller, dataset: string, reason: string | null, selection: Selection): Promise<Edited> {
    return this.#editImages(caller, dataset, { kind: "leave-out", selection }, (images) =>
      leaveOut(images, reason),
    );
  }

  /** Takes back in what was left out. @throws CoreError `not-found`, `limit`. */
  keep(caller: Caller, dataset: string, selection: Selection): Promise<Edited> {
    return this.#editImages(caller, dataset, { kind: "keep", selection }, keep);
  }

  /** @throws CoreError `not-found`, `conflict` for names that are there. */
  async addClasses(
    caller: Caller,
    dataset: string,
    names: readonly string[],
  ): Promise<Edited & { readonly added: readonly ClassRow[] }> {
    const ids = names.map((name) => ({ id: newId(), dataset, name }));
    let added: readonly ClassRow[] = [];
    const edited = await this.#editClasses(caller, dataset, "add-class", (classes) => {
      const after = addClasses(classes, ids);
      added = after.filter(({ id }) => ids.some((row) => row.id === id));
      return after;
    });
    return { ...edited, added };
  }

  /** @throws CoreError `not-found`, `conflict` for a name that another class has. */
  renameClass(caller: Caller, dataset: string, id: string, name: string): Promise<Edited> {
    return this.#editClasses(caller, dataset, "rename-class", (classes) => renameClass(classes, id, name));
  }

  /** @param ids all classes of the data set. @throws CoreError `not-found`, `bad-input`. */
  reorderClasses(caller: Caller, dataset: string, ids: readonly string[]): Promise<Edited> {
    return this.#editClasses(caller, dataset, "reorder-classes", (classes) => reorderClasses(classes, ids));
  }

  /** @throws CoreError `not-found`. */
  switchClass(caller: Caller, dataset: string, id: string, isOff: boolean): Promise<Edited> {
    return this.#editClasses(caller, dataset, "switch-class", (classes) => switchClass(classes, id, isOff));
  }

  /** All pictures of `from` go to `into`, and `from` goes. @throws CoreError `not-found`, `bad-input`. */
  mergeClasses(caller: Caller, dataset: string, from: string, into: string): Promise<Edited> {
    return this.#edit(caller, dataset, { kind: "merge-classes" }, async ({ classes }) => {
      classOf(classes, from);
      classOf(classes, into);
      if (from === into)
        throw new CoreError("bad-input", {
          what: "A class cannot be merged into itself.",
          fix: "Choose another one.",
        });
      const rows = await this.#ofClass(dataset, from);
      return { images: moveTo(rows, into), classes: removeClasses(classes, new Set([from])), rows };
    });
  }

  /** Undoes an edit on what is still as it left it. @throws CoreError `not-found`, `conflict` for one that is undone. */
  undo(caller: Caller, dataset: string, number: number): Promise<Edited> {
    return this.#turn(caller, dataset, number, "undo");
  }

  /** Does an undone edit again, on what is still as it was before. @throws CoreError `not-found`, `conflict` for one that is not undone. */
  redo(caller: Caller, dataset: string, number: number): Promise<Edited> {
    return this.#turn(caller, dataset, number, "redo");
  }

  /** Newest first. @throws CoreError `not-found`. */
  async page(caller: Caller, dataset: string, request: PageRequest): Promise<Page<EditRow>> {
    await this.#access.dataset(caller, dataset);
    return this.#repository.edits.page(dataset, request);
  }

  /** @throws CoreError `not-found`. */
  async get(caller: Caller, dataset: string, number: number): Promise<EditRow> {
    await this.#access.dataset(caller, dataset);
    const edit = await this.#repository.edits.get(dataset, number);
    if (edit === undefined) throw notThere("edit", String(number));
    return edit;
  }

  #editImages(
    caller: Caller,
    dataset: string,
    { kind, selection }: { readonly kind: EditKind; readonly selection: Selection },
    change: (images: readonly ImageRow[], classes: readonly ClassRow[]) => readonly ImageChange[],
  ): Promise<Edited> {
    return this.#edit(caller, dataset, { kind }, async ({ classes }) => {
      const { images: rows, missing } = await selectImages(this.#repository, dataset, selection);
      const missed = { images: missing, classes: 0 };
      return { images: change(rows, classes), classes, rows, missed };
    });
  }

  #editClasses(
    caller: Caller,
    dataset: string,
    kind: EditKind,
    change: (classes: readonly ClassRow[]) => readonly ClassRow[],
  ): Promise<Edited> {
    return this.#edit(caller, dataset, { kind }, async ({ classes }) => ({
      ...{ images: [], rows: [] },
      classes: change(classes),
    }));
  }

  #turn(caller: Caller, dataset: string, number: number, direction: Direction): Promise<Edited> {
    return this.#edit(caller, dataset, { kind: direction, of: number }, async ({ classes }) => {
      const edit = await this.get(caller, dataset, number);
      checkTurn(edit, direction);
      const rows = (await this.#repository.images.getMany(edit.images.map(({ image }) => image))).filter(
        (row) => row.dataset === dataset,
      );
      const sizes = await this.#sizes(dataset, edit);
      const turned = turnBack(edit, direction, {
        ...{ dataset, classes, sizeOf: (id) => sizes.get(id) ?? 0 },
        images: new Map(rows.map((row) => [row.id, row])),
      });
      const after = new Map(turned.classes.map((change) => [change.class, change.after]));
      const kept = classes.flatMap((row) => {
        const state = after.get(row.id);
        return state === null ? [] : [{ ...row, ...state }];
      });
      const back = turned.classes.flatMap(({ class: id, before, after: state }) =>
        before === null && state !== null ? [{ id, dataset, ...state }] : [],
      );
      return {
        ...{ images: turned.images, rows },
        classes: [...kept, ...back].sort((a, b) => a.position - b.position),
        missed: { images: turned.missedImages, classes: turned.missedClasses },
      };
    });
  }

  /** Pictures of classes, where an edit's classes may have to go. */
  async #sizes(dataset: string, { classes }: EditRow): Promise<ReadonlyMap<string, number>> {
    if (classes.length === 0) return new Map();
    const counts = await this.#repository.datasets.counts(dataset);
    return new Map(
      Object.entries(counts.classes).map(([id, parts]) => [
        id,
        Object.values(parts).reduce((sum, count) => sum + count, 0),
      ]),
    );
  }

  #edit(
    caller: Caller,
    dataset: string,
    edit: { readonly kind: EditKind; readonly of?: number },
    plan: (found: Found) => Promise<Plan>,
  ): Promise<Edited> {
    const { id: by } = caller.identity.account;
    return this.#writer.write(
      dataset,
      { ...edit, by, find: () => this.#access.dataset(caller, dataset) },
      plan,
    );
  }

  async #ofClass(dataset: string, id: string): Promise<readonly ImageRow[]> {
    const rows: ImageRow[] = [];
    let after: string | undefined;
    do {
      const page = await this.#repository.images.page(dataset, { class: id, after, limit: PAGE });
      rows.push(...page.items);
      after = page.next;
    } while (after !== undefined);
    return rows;
  }
}

/** @throws CoreError `conflict`, `bad-input` for what is undone by redoing and redone by undoing. */
function checkTurn({ kind, number, of, isUndone }: EditRow, direction: Direction): void {
  if (kind === "undo" || kind === "redo")
    throw new CoreError("bad-input", {
      what: `Edit ${number} is itself ${kind === "undo" ? "an undo" : "a redo"}.`,
      fix: `${kind === "undo" ? "Redo" : "Undo"} edit ${of}.`,
    });
  if (isUndone === (direction === "redo")) return;
  throw new CoreError("conflict", {
    what: isUndone ? `Edit ${number} is undone already.` : `Edit ${number} is not undone.`,
    fix: "Look at the list of edits again.",
  });
}
