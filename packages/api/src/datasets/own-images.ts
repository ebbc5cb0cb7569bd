import { CoreError } from "@graft/core";
import { notThere } from "../identity/identity.ts";
import type { ImageFilter, Repository } from "../ports/repository.ts";
import type { ImageRow } from "../ports/rows.ts";

/** Pictures that one call may change. */
export const MOST_SELECTED = 10_000;
const PAGE = 500;

/** Pictures by their ids, or all that a filter finds. */
export type Selection =
  | { readonly images: readonly string[] }
  | { readonly filter: Pick<ImageFilter, "class" | "use" | "part" | "search"> };

export interface Selected {
  readonly images: readonly ImageRow[];
  /** Ids that name no picture of the data set. */
  readonly missing: number;
}

/**
 * Of pictures that are named, those that are gone meanwhile are counted, unless none is left.
 * @throws CoreError `not-found` where none of the named ones is there; `limit` for a filter that finds more than `MOST_SELECTED`.
 */
export async function selectImages(
  { images }: Pick<Repository, "images">,
  dataset: string,
  selection: Selection,
): Promise<Selected> {
  if ("images" in selection) {
    const ids = [...new Set(selection.images)];
    const found = (await images.getMany(ids)).filter((image) => image.dataset === dataset);
    const [first] = ids;
    if (first !== undefined && found.length === 0) throw notThere("picture", first);
    return { images: found, missing: ids.length - found.length };
  }
  const found: ImageRow[] = [];
  let after: string | undefined;
  do {
    const page = await images.page(dataset, { ...selection.filter, after, limit: PAGE });
    found.push(...page.items);
    after = page.next;
    if (found.length > MOST_SELECTED || (found.length === MOST_SELECTED && after !== undefined))
      throw new CoreError("limit", {
        what: "The filter finds too many pictures for one change.",
        expected: `at most ${MOST_SELECTED}`,
        fix: "Narrow it, or name the pictures in several calls.",
      });
  } while (after !== undefined);
  return { images: found, missing: 0 };
}

/** @throws CoreError `not-found` for an id that names no picture of the data set. */
export async function checkPicturesOf(
  { images }: Pick<Repository, "images">,
  dataset: string,
  ids: readonly string[],
): Promise<void> {
  const there = new Set(
    (await images.getMany(ids)).flatMap((row) => (row.dataset === dataset ? row.id : [])),
  );
  const missing = ids.find((id) => !there.has(id));
  if (missing !== undefined) throw notThere("picture of the run's data set", missing);
}
