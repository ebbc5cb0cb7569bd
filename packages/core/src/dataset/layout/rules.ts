import { readByHand } from "./read-by-hand.ts";
import { readClasses } from "./read-classes.ts";
import { readFlat } from "./read-flat.ts";
import { readInnerParts } from "./read-inner-parts.ts";
import { readParts } from "./read-parts.ts";
import type { Reading, View } from "./reading.ts";

/** One way in which people lay out images. */
export interface LayoutRule {
  readonly name: string;
  /** What it recognises, and what it does with it. */
  readonly about: string;
  /** @returns undefined where it does not recognise its layout. @throws CoreError `bad-input` for what it refuses. */
  read(view: View): Reading | undefined | Promise<Reading | undefined>;
}

/**
 * Asked in this order; the first that recognises the data set decides. Before them `settle` takes away what only wraps,
 * masks beside their photos, and nested copies; archives in the place of folders were unpacked while listing.
 */
export const LAYOUT_RULES: readonly LayoutRule[] = [
  { name: "by hand", about: "`labelsFrom` says where the labels are", read: readByHand },
  {
    name: "flat",
    about: "no folder is a class: labels from a table or from clear file names, else refused",
    read: readFlat,
  },
  {
    name: "parts by name",
    about:
      "train, validation, test (and the like) with class folders in each; a test without them is passed over, said",
    read: readParts,
  },
  {
    name: "parts inside of classes",
    about: "cat/train, cat/test, dog/train …: taken, said",
    read: readInnerParts,
  },
  {
    name: "class folders",
    about:
      "one folder a class; refused where they hold the same folders, as parts do, or are numbered beside a table; super-classes are taken, said",
    read: readClasses,
  },
];
