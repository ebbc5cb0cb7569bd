import { CoreError } from "../errors.ts";
import type { FileRules, PlaceRules } from "./folder.ts";

const withArticle = (noun: string): string => `${/^[aeiou]/.test(noun) ? "an" : "a"} ${noun}`;

/** The `conflict` of a file where a folder is to go, which no `force` replaces. */
export function fileInPlace(target: string, cause?: unknown): CoreError {
  const what = "There is a file where the folder should go.";
  return new CoreError("conflict", { what, received: target, fix: "Choose another folder." }, { cause });
}

/**
 * Looks whether a folder may be replaced; an empty one may always be.
 * @param target as people know it.
 * @param names of all that lies in it.
 * @throws CoreError `conflict`
 */
export function checkReplaced(
  target: string,
  names: readonly string[],
  { force, known, noun }: PlaceRules,
): void {
  if (names.length === 0) return;
  const foreign = names.filter((name) => !known.includes(name));
  if (foreign.length > 0) {
    throw new CoreError("conflict", {
      what: `The folder ${target} holds more than ${withArticle(noun)}, so it is not replaced.`,
      received:
        foreign.slice(0, 5).join(", ") + (foreign.length > 5 ? ` and ${foreign.length - 5} more` : ""),
      fix: "Choose another folder, or move these files away yourself.",
    });
  }
  if (force) return;
  throw new CoreError("conflict", {
    what: `There is already ${withArticle(noun)} there.`,
    received: target,
    fix: "Choose another folder, or replace it with `force`.",
  });
}

/**
 * Looks whether a file may be placed.
 * @param target as people know it.
 * @param there what is there now; undefined: nothing.
 * @throws CoreError `conflict`
 */
export function checkReplacedFile(
  target: string,
  there: "file" | "folder" | "something" | undefined,
  { force, noun }: FileRules,
): void {
  if (there === undefined || (there === "file" && force)) return;
  if (there === "file") {
    throw new CoreError("conflict", {
      what: "There is already a file there.",
      received: target,
      fix: "Choose another path, or replace it with `force`.",
    });
  }
  throw new CoreError("conflict", {
    what: `There is ${there === "folder" ? "a folder" : "something"} where the ${noun} should go.`,
    received: target,
    fix: "Choose another path.",
  });
}
