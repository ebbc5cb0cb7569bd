import * as z from "zod";
import { idInput, time, timeOutput } from "../identity/shapes.ts";
import type { ImageRow } from "../ports/rows.ts";
import { pageOf } from "../rpc/page-of.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { filterShape, ONE_OF_BOTH, selectionOf, selectionShape } from "./selection-input.ts";

const imageOutput = z.object({
  id: z.string(),
  dataset: z.string(),
  path: z.string().meta({ description: 'Name in the data set, "/" between folders' }),
  hash: z.string().meta({ description: "sha256" }),
  bytes: z.int().min(0),
  class: z.string().nullable().meta({ description: "Null: sorted into no class" }),
  use: z.enum(["in", "out", "broken"]),
  reason: z.string().nullable().meta({ description: "Why it is left out, or cannot be read" }),
  format: z.string().nullable(),
  width: z.int().min(1).nullable().meta({ description: "Pixels" }),
  height: z.int().min(1).nullable(),
  part: z
    .enum(["train", "validation", "test"])
    .nullable()
    .meta({ description: "train: learned from; validation: held back; null: on no side yet" }),
  group: z.string().nullable().meta({ description: "Pictures of one group are on one side" }),
  hasThumbnail: z.boolean(),
  addedAt: timeOutput,
  addedBy: z.string(),
});

function imageAnswer(image: ImageRow): z.infer<typeof imageOutput> {
  const { id, dataset, path, hash, bytes, class: of, use, reason, facts, part, group, addedBy } = image;
  return {
    ...{ id, dataset, path, hash, bytes, class: of, use, reason, part, group, addedBy },
    ...{ format: facts?.format ?? null, width: facts?.width ?? null, height: facts?.height ?? null },
    ...{ hasThumbnail: image.thumbnail !== null, addedAt: time(image.addedAt) },
  };
}

export const imageRouter = router({
  list: procedure
    .meta({
      ...{ summary: "Pictures of a data set, by name or newest first", method: "GET" },
      ...{ path: "/datasets/{dataset}/images", example: { dataset: "$dataset", class: "$class", limit: 20 } },
    })
    .input(
      z.strictObject({
        dataset: idInput,
        ...filterShape,
        sort: z.enum(["path", "newest"]).default("path"),
        after: z.string().max(10_000).optional(),
        limit: z.int().min(1).max(500).default(200),
      }),
    )
    .output(pageOf(imageOutput))
    .query(async ({ ctx, input }) => {
      const { dataset, class: of, ...request } = input;
      const inClass = of === undefined ? {} : { class: of === "" ? null : of };
      const { items, next } = await ctx.services.images.page(ctx.caller, dataset, { ...request, ...inClass });
      return { items: items.map(imageAnswer), next: next ?? null };
    }),

  get: procedure
    .meta({
      summary: "A picture's details",
      method: "GET",
      path: "/images/{image}",
      example: { image: "$image" },
    })
    .input(z.strictObject({ image: idInput }))
    .output(imageOutput)
    .query(async ({ ctx, input }) => imageAnswer(await ctx.services.images.get(ctx.caller, input.image))),

  delete: procedure
    .meta({
      ...{ summary: "Remove pictures for good; leaving out is an edit", method: "POST" },
      path: "/datasets/{dataset}/images/delete",
      example: { dataset: "$dataset", images: ["$otherImage"] },
    })
    .input(z.strictObject(selectionShape).refine(...ONE_OF_BOTH))
    .output(z.object({ deleted: z.int().min(0) }))
    .mutation(async ({ ctx, input }) => ({
      deleted: await ctx.services.images.delete(ctx.caller, input.dataset, selectionOf(input)),
    })),
});
