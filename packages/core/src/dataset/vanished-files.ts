import { CoreError } from "../errors.ts";
import { visibleText } from "../visible-text.ts";
import type { BrokenFile } from "./types.ts";

/** Beyond this share of a data set's files somebody is taking it away. */
const MOST_GONE = 0.02;

/**
 * Refuses a data set whose files go while they are looked at: what is left would be taken for all of it.
 * @param files how many were looked at. @throws CoreError `unreadable`.
 */
export function checkNotVanishing(source: string, broken: readonly BrokenFile[], files: number): void {
  const gone = broken.filter(({ code }) => code === "not-found");
  const [first] = gone;
  if (first === undefined || gone.length <= Math.max(1, MOST_GONE * files)) return;
  throw new CoreError("unreadable", {
    what: `${gone.length} of ${files} files were gone when graft came to read them: is ${visibleText(source)} still there?`,
    received: `no ${visibleText(first.path)}`,
    fix: "Start again, and leave the data set alone while graft uses it.",
  });
}
