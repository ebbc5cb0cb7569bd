import * as z from "zod";

/** The output of a list that comes in pages. */
export const pageOf = <T extends z.ZodType>(item: T) =>
  z.object({
    items: z.array(item),
    next: z.string().nullable().meta({ description: "`after` of the next page; null at the end" }),
  });
