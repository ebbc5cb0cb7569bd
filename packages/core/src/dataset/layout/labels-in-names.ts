import { sourceName } from "../source-group.ts";
import { stemOf } from "./stems.ts";

/** What cameras, phones and programs put before a number: no name of what is seen. */
const GENERIC = new Set(
  "bild cimg depth foto gh gl gx hpim imgp kimg rgb rimg sam camera capture clip crop data dcim dji download dsc dscf dscn fb_img file frame frames gopr gopro image images img input mvimg output p page patch photo photos pic pict picture pxl received sample scan screenshot signal-attachment snap snapshot telegram tile untitled unnamed vid video webcam whatsapp wp test train val valid validation".split(
    " ",
  ),
);

const isGeneric = (label: string): boolean => {
  const [first = "", ...others] = label.toLowerCase().split(/[ _.-]+/);
  return (
    GENERIC.has(label.toLowerCase()) ||
    (GENERIC.has(first) && others.every((word) => GENERIC.has(word) || /^\d*$/.test(word)))
  );
};

/**
 * The label that a file's name begins with: cat.0.jpg, cat_12.jpg, "cat (3).jpg", cat12.jpg; or ends with: 0_cat.jpg.
 * @returns undefined for a name without a number apart from a word.
 */
export function labelInName(path: string): string | undefined {
  const name = stemOf(path);
  const stem = (sourceName(name) ?? name).normalize("NFC");
  let label = stem;
  // numbers that stand apart: cat_001_2 → cat
  for (let next = label; ; label = next) {
    next = label.replace(/[\s._\-–—]*[\s._(\-–—]\d+\)?$/u, "");
    if (next === label) break;
  }
  if (label === stem) label = stem.replace(/\d+$/, "");
  if (label === stem) label = stem.replace(/^\d+[\s._-]+/, "");
  label = label.replace(/[\s._\-–—]+$/u, "");
  return label !== stem && /\p{L}/u.test(label) ? label : undefined;
}

/** Share of the files that must have a label in their name. */
const MOST = 0.95;
/** A label with fewer files is a name like any other. */
const FEWEST = 2;

/**
 * The labels that the names of these files clearly hold, or undefined: nearly every name has one, each label has two files
 * and more, none is what a camera writes, and they differ by more than a number (clip1, clip2 are takes, not classes).
 */
export function clearLabelsInNames(paths: readonly string[]): ReadonlyMap<string, string> | undefined {
  const labels = new Map<string, string>();
  const counts = new Map<string, number>();
  for (const path of paths) {
    const label = labelInName(path);
    if (label === undefined) continue;
    if (isGeneric(label)) return undefined;
    labels.set(path, label);
    counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  if (labels.size < MOST * paths.length || counts.size < 2) return undefined;
  if ([...counts.values()].some((count) => count < FEWEST)) return undefined;
  const words = new Set([...counts.keys()].map((label) => label.replace(/[\s._-]*\d+/g, "")));
  return words.size < counts.size ? undefined : labels;
}
