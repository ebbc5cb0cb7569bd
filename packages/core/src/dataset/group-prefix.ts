import { CoreError } from "../errors.ts";
import { visibleText } from "../visible-text.ts";
import { counted } from "./count-words.ts";
import { groupBy } from "./groups.ts";
import { namePrefix } from "./source-group.ts";
import type { DatasetNote } from "./types.ts";

/**
 * `--group-prefix`: images that are numbered alike belong together. It must find some groups, and more than one of them, or
 * there is nothing that could be held out.
 * @throws CoreError `bad-input` when all images are one group.
 */
export function prefixGroups(paths: readonly string[]): {
  readonly groupOf: (path: string) => string | undefined;
  readonly notes: readonly DatasetNote[];
} {
  const prefixes = paths.flatMap((path) => namePrefix(path) ?? []);
  const groups = groupBy(prefixes, (prefix) => prefix);
  const [[only] = [""]] = groups;
  if (groups.size === 1 && prefixes.length === paths.length && paths.length > 1)
    throw new CoreError("bad-input", {
      what: `\`groupPrefix\` puts all ${counted(paths.length, "image")} into one group, ${visibleText(only)}, so none is left to validate with.`,
      expected: "names whose numbered part differs: clip1_001.jpg and clip2_001.jpg are in two groups",
      fix: "Leave out `groupPrefix`, or name the images after what they come from.",
    });
  return { groupOf: namePrefix, notes: prefixNotes(paths) };
}

/** That `--group-prefix` finds nothing to group; none where it does. */
export function prefixNotes(paths: readonly string[]): readonly DatasetNote[] {
  const prefixes = paths.flatMap((path) => namePrefix(path) ?? []);
  if (new Set(prefixes).size < prefixes.length) return [];
  const message =
    "`groupPrefix` finds no images that are numbered alike (clip3_001.jpg, clip3_002.jpg), so it does not change the split";
  return [{ code: "no-groups", message }];
}
