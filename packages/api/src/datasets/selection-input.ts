import * as z from "zod";
import { idInput } from "../identity/shapes.ts";
import { MOST_SELECTED, type Selection } from "./own-images.ts";

/** Which pictures of a data set. */
export const filterShape = {
  class: z.string().max(100).optional().meta({ description: 'Id of a class; "": pictures of no class' }),
  use: z.enum(["in", "out", "broken"]).optional(),
  part: z.enum(["train", "validation", "test"]).optional(),
  search: z.string().min(1).max(200).optional().meta({ description: "Part of a name, in any case" }),
};

/** What an edit or a deletion of pictures takes: some by id, or all that a filter finds; to be refined by `ONE_OF_BOTH`. */
export const selectionShape = {
  dataset: idInput,
  images: z.array(idInput).min(1).max(MOST_SELECTED).optional().meta({ description: "Ids of pictures" }),
  filter: z
    .strictObject(filterShape)
    .optional()
    .meta({ description: `All that it finds, at most ${MOST_SELECTED}` }),
};

interface Selecting {
  readonly images?: readonly string[] | undefined;
  readonly filter?: z.infer<z.ZodObject<typeof filterShape>> | undefined;
}

export const ONE_OF_BOTH = [
  ({ images, filter }: Selecting): boolean => (images === undefined) !== (filter === undefined),
  { error: "either `images` or `filter` is needed, and not both" },
] as const;

export function selectionOf({ images, filter }: Selecting): Selection {
  if (images !== undefined) return { images };
  const { class: of, ...others } = filter ?? {};
  return { filter: { ...others, ...(of === undefined ? {} : { class: of === "" ? null : of }) } };
}
