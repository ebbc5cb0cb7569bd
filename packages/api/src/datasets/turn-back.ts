import type { ClassRow, EditRow, ImageChange, ImageRow, ImageState } from "../ports/rows.ts";
import { classChanges } from "./class-order.ts";
import { arrange, bringBack, change, type Turn, takeAway } from "./turn-classes.ts";

/** "undo": to what was before the edit; "redo": to what it made. */
export type Direction = "undo" | "redo";

/** A data set as it is now, as far as an edit has to do with it. */
export interface StateNow {
  readonly dataset: string;
  /** By position. */
  readonly classes: readonly ClassRow[];
  /** Those of the edit that are still there, by id. */
  readonly images: ReadonlyMap<string, ImageRow>;
  /** How many pictures a class has. */
  readonly sizeOf: (id: string) => number;
}

/** What is to be changed, and how much of the edit others have changed since, so that it stays as it is. */
export interface TurnedBack extends Pick<EditRow, "images" | "classes"> {
  readonly missedImages: number;
  readonly missedClasses: number;
}

/** The picture as it is to be; undefined where somebody has changed since what the edit had changed. */
function turnImage(now: ImageRow, from: ImageState, to: ImageState): ImageState | undefined {
  const isMoved = from.class !== to.class;
  const isUsed = from.use !== to.use;
  if ((isMoved && now.class !== from.class) || (isUsed && now.use !== from.use)) return undefined;
  return {
    class: isMoved ? to.class : now.class,
    ...(isUsed ? { use: to.use, reason: to.reason } : { use: now.use, reason: now.reason }),
  };
}

/** The pictures as they are to be, where they and their classes are there. */
function turnImages(
  turns: readonly { readonly image: string; readonly from: ImageState; readonly to: ImageState }[],
  classes: readonly ClassRow[],
  images: StateNow["images"],
): readonly ImageChange[] {
  const known = new Set<string | null>([null, ...classes.map(({ id }) => id)]);
  return turns.flatMap(({ image, from, to }) => {
    const now = images.get(image);
    const after = now && turnImage(now, from, to);
    if (!now || !after || !known.has(after.class)) return [];
    const { class: of, use, reason } = now;
    return [{ image, before: { class: of, use, reason }, after }];
  });
}

/**
 * Undoes or redoes an edit on what is still as it left it: each picture and class by what the edit changed of it, whatever else
 * was changed since. A class that the edit had made goes when no picture is in it, one that it had taken away comes back under
 * its name and to its place.
 */
export function turnBack(
  edit: Pick<EditRow, "images" | "classes">,
  direction: Direction,
  { dataset, classes: before, images: now, sizeOf }: StateNow,
): TurnedBack {
  const turn = <T>({ before: old, after }: { readonly before: T; readonly after: T }): { from: T; to: T } =>
    direction === "undo" ? { from: after, to: old } : { from: old, to: after };
  const turns: readonly Turn[] = edit.classes.map((each) => ({ id: each.class, ...turn(each) }));
  const back = bringBack(before, turns, dataset);
  const changed = change(back.classes, turns);
  const images = turnImages(
    edit.images.map((each) => ({ image: each.image, ...turn(each) })),
    changed.classes,
    now,
  );
  const leaving = (id: string): number =>
    images.filter((each) => each.before.class === id && each.after.class !== id).length;
  const coming = new Set(images.map(({ after }) => after.class));
  const isEmpty = (id: string): boolean => sizeOf(id) === leaving(id) && !coming.has(id);
  const gone = takeAway(changed.classes, turns, isEmpty);
  const arranged = arrange(gone.classes, turns);
  return {
    images,
    classes: classChanges(before, arranged.classes),
    missedImages: edit.images.length - images.length,
    missedClasses: back.missed + changed.missed + gone.missed + arranged.missed,
  };
}
