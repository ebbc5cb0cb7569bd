import { copyGroups, namePrefix } from "@graft/core";
import type { ImageRow, SplitRule } from "../ports/rows.ts";

/**
 * What belongs together besides contents and looks: what was found when the pictures came, changed copies that came before or
 * after their photo, and, where the rule says so, pictures that are numbered alike.
 * @returns by path
 */
export function splitGroups(
  images: readonly Pick<ImageRow, "path" | "group">[],
  { groupPrefix }: Pick<SplitRule, "groupPrefix">,
): ReadonlyMap<string, string> {
  const copies = copyGroups(
    images.map(({ path }) => path),
    () => "",
  );
  return new Map(
    images.flatMap(({ path, group }) => {
      const found = group ?? copies.get(path) ?? (groupPrefix ? namePrefix(path) : undefined);
      return found === undefined ? [] : [[path, found] as const];
    }),
  );
}
