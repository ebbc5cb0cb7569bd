import { visibleText } from "../visible-text.ts";
import { counted, verb } from "./count-words.ts";
import { groupBy } from "./groups.ts";
import { isNamedLikeDocument, isNamedLikeImage, junkInPath, OWN_HOME, PICTURED_DOCUMENT } from "./junk.ts";
import { endingOf } from "./layout/stems.ts";
import type { DatasetNote, SkippedFile } from "./types.ts";

const nameOf = (path: string): string => path.slice(path.lastIndexOf("/") + 1);

/** True for what people may take for an image of theirs, a scan or a film: no text, nothing that a system leaves behind. */
function isMissed({ path }: SkippedFile): boolean {
  if (isNamedLikeDocument(path)) return PICTURED_DOCUMENT.test(path);
  if (junkInPath(path) === undefined) return true;
  // ._1.jpg is what macOS writes beside 1.jpg on other disks
  return isNamedLikeImage(path) && nameOf(path).startsWith(".") && !nameOf(path).startsWith("._");
}

/** "80 .xyz, 2 without an ending" */
function endings(files: readonly SkippedFile[]): string {
  const byEnding = [...groupBy(files, ({ path }) => endingOf(path))].sort(
    ([, a], [, b]) => b.length - a.length,
  );
  return byEnding
    .slice(0, 3)
    .map(([ending, same]) => `${same.length} ${ending === "" ? "without an ending" : visibleText(ending)}`)
    .join(", ");
}

/**
 * One line for each reason for which files are passed over that look like images, or folders that look like classes: how
 * many, why, an example.
 * @param isClassPlace `Layout.isClassPlace`.
 */
export function passedOverNotes(
  skipped: readonly SkippedFile[],
  isClassPlace: (path: string) => boolean,
): readonly DatasetNote[] {
  const missed = skipped.filter(isMissed);
  const isClass = ({ path, reason }: SkippedFile): boolean =>
    (reason.startsWith("a link") || reason === OWN_HOME) && isClassPlace(path) && !isNamedLikeImage(path);
  const classes = missed.filter(isClass).map(
    ({ path, reason }): DatasetNote => ({
      code: "class-left-out",
      message: `the class folder ${visibleText(nameOf(path))} is left out: ${reason}`,
    }),
  );
  const others = groupBy(
    missed.filter((file) => !isClass(file)),
    ({ reason }) => reason,
  );
  const lines = [...others].map(([reason, files]): DatasetNote => {
    const example = visibleText(files[0]?.path ?? "");
    const what = counted(files.length, "file");
    const is = verb(files.length, "is", "are");
    const message =
      reason === "not an image"
        ? `${what} ${is} not ${verb(files.length, "an image", "images")} that graft can read (${endings(files)}), such as ${example}`
        : `${what} ${is} passed over (${reason}), such as ${example}`;
    return { code: "passed-over", message };
  });
  return [...classes, ...lines];
}
