import { quotedText } from "../visible-text.ts";
import { groupBy } from "./groups.ts";
import type { DatasetNote } from "./types.ts";

/** Small Cyrillic and Greek letters that look like Latin ones (from Unicode's confusables). */
const LOOKS = new Map(
  ["аa", "еe", "оo", "рp", "сc", "хx", "уy", "іi", "јj", "ѕs", "ԁd", "һh", "αa", "οo", "νv", "ρp", "ιi"].map(
    ([letter = "", latin = ""]) => [letter, latin],
  ),
);

/** What a name looks like, without regard to case, white space, marks that show nothing, and alphabets. */
function look(label: string): string {
  // A and a may be two letters of an alphabet; -1 is not 1
  if ([...label].length === 1) return label;
  const plain = label
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\p{Cf}\p{Z}\s]/gu, "")
    .replace(/(?<=\p{L})[_-]+(?=\p{L})/gu, "");
  return [...plain].map((letter) => LOOKS.get(letter) ?? letter).join("");
}

/** Class names that look like one class: "Cat", "cat" and "cat ". */
export function labelsAlikeNotes(labels: readonly string[]): readonly DatasetNote[] {
  return [...groupBy(labels, look).values()]
    .filter((same) => same.length > 1)
    .map((same) => ({
      code: "names-alike",
      message: `${same.slice(0, -1).map(quotedText).join(", ")} and ${quotedText(same.at(-1) ?? "")} look like one class: give them one name, or names that differ more`,
    }));
}
