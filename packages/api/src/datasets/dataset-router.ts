import * as z from "zod";
import { idInput, nameInput } from "../identity/shapes.ts";
import { pageOf } from "../rpc/page-of.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { uploadAnswer, uploadOutput } from "../uploads/upload-views.ts";
import {
  datasetAnswer,
  datasetOutput,
  noteOutput,
  splitOutput,
  wholeDatasetAnswer,
  wholeDatasetOutput,
} from "./dataset-views.ts";
import { reportAnswer, reportOutput } from "./report-view.ts";

const dataset = idInput.meta({ description: "Id of a data set" });
const part = z.enum(["train", "validation", "test"]);

/** Sets that graft knows by name. */
const KNOWN_SETS = ["emoji", "cats-and-dogs"] as const;

export const datasetRouter = router({
  create: procedure
    .meta({
      ...{ summary: "A new data set: empty, or a set that graft knows", method: "POST", path: "/datasets" },
      example: { name: "Pets", classes: ["cats", "dogs"] },
    })
    .input(
      z.strictObject({
        name: nameInput,
        classes: z.array(nameInput).max(1000).default([]),
        from: z
          .enum(KNOWN_SETS)
          .optional()
          .meta({ description: "A set that graft knows; cats-and-dogs is downloaded" }),
      }),
    )
    .output(
      z.object({
        dataset: wholeDatasetOutput,
        upload: uploadOutput.nullable().meta({ description: "By which a known set comes" }),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { name, classes, from = null } = input;
      const { datasets } = ctx.services;
      const made = await datasets.create(ctx.caller, { name, classes, known: from });
      return {
        dataset: wholeDatasetAnswer(await datasets.get(ctx.caller, made.dataset.id)),
        upload: made.upload && uploadAnswer(made.upload),
      };
    }),

  list: procedure
    .meta({
      summary: "Data sets, changed last first",
      method: "GET",
      path: "/datasets",
      example: { limit: 10 },
    })
    .input(
      z.strictObject({
        owner: idInput.optional().meta({ description: "Account; an admin sees everybody's" }),
        after: z.string().max(500).optional(),
        limit: z.int().min(1).max(100).default(50),
      }),
    )
    .output(pageOf(datasetOutput))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.datasets.page(ctx.caller, input);
      return { items: items.map(datasetAnswer), next: next ?? null };
    }),

  get: procedure
    .meta({
      ...{ summary: "A data set: classes, counts, split, notes, uploads", method: "GET" },
      ...{ path: "/datasets/{dataset}", example: { dataset: "$dataset" } },
    })
    .input(z.strictObject({ dataset }))
    .output(wholeDatasetOutput)
    .query(async ({ ctx, input }) =>
      wholeDatasetAnswer(await ctx.services.datasets.get(ctx.caller, input.dataset)),
    ),

  inspect: procedure
    .meta({
      ...{ summary: "What should be known of its pictures before a training", method: "GET" },
      ...{ path: "/datasets/{dataset}/report", example: { dataset: "$dataset" } },
    })
    .input(z.strictObject({ dataset }))
    .output(z.object({ report: reportOutput, notes: z.array(noteOutput) }))
    .query(async ({ ctx, input }) => {
      const { report, notes } = await ctx.services.datasets.inspect(ctx.caller, input.dataset);
      return {
        report: reportAnswer(report),
        notes: notes.map(({ code, message }) => ({ code, message })),
      };
    }),

  copy: procedure
    .meta({
      ...{ summary: "The same pictures, classes and sides once more", method: "POST" },
      ...{ path: "/datasets/{dataset}/copy", example: { dataset: "$dataset", name: "Pets, once more" } },
    })
    .input(z.strictObject({ dataset, name: nameInput }))
    .output(wholeDatasetOutput)
    .mutation(async ({ ctx, input }) => {
      const { datasets } = ctx.services;
      const { id } = await datasets.copy(ctx.caller, input.dataset, input.name);
      return wholeDatasetAnswer(await datasets.get(ctx.caller, id));
    }),

  rename: procedure
    .meta({
      ...{ summary: "Give a data set another name", method: "PATCH", path: "/datasets/{dataset}" },
      example: { dataset: "$dataset", name: "Animals" },
    })
    .input(z.strictObject({ dataset, name: nameInput }))
    .output(wholeDatasetOutput)
    .mutation(async ({ ctx, input }) => {
      const { datasets } = ctx.services;
      await datasets.rename(ctx.caller, input.dataset, input.name);
      return wholeDatasetAnswer(await datasets.get(ctx.caller, input.dataset));
    }),

  resplit: procedure
    .meta({
      ...{ summary: "A whole new split, by another seed, share or grouping", method: "POST" },
      ...{ path: "/datasets/{dataset}/split", example: { dataset: "$dataset", seed: 2 } },
    })
    .input(
      z.strictObject({
        dataset,
        seed: z
          .int()
          .min(0)
          .max(2 ** 31 - 1)
          .optional(),
        fraction: z.number().gt(0).lt(1).optional().meta({ description: "Share that is held back" }),
        groupPrefix: z
          .boolean()
          .optional()
          .meta({ description: "Pictures that are numbered alike stay on one side" }),
      }),
    )
    .output(
      z.object({
        split: splitOutput,
        moved: z
          .array(z.object({ from: part, to: part, pictures: z.int().min(1) }))
          .meta({ description: "Pictures that are on another side now" }),
        notes: z.array(noteOutput),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      const { dataset: id, seed, fraction, groupPrefix } = input;
      const { rule, moved, notes } = await ctx.services.datasets.resplit(ctx.caller, id, {
        ...(seed === undefined ? {} : { seed }),
        ...(fraction === undefined ? {} : { fraction }),
        ...(groupPrefix === undefined ? {} : { groupPrefix }),
      });
      return {
        ...{ split: { ...rule }, moved: moved.map((each) => ({ ...each })) },
        notes: notes.map(({ code, message }) => ({ code, message })),
      };
    }),

  delete: procedure
    .meta({
      ...{ summary: "Remove a data set for good, with its pictures and runs", method: "DELETE" },
      ...{ path: "/datasets/{dataset}", example: { dataset: "$otherDataset" } },
    })
    .input(z.strictObject({ dataset }))
    .output(z.null())
    .mutation(async ({ ctx, input }) => {
      await ctx.services.datasets.delete(ctx.caller, input.dataset);
      return null;
    }),
});
