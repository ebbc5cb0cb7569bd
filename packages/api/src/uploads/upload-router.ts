import * as z from "zod";
import { idInput } from "../identity/shapes.ts";
import { LABEL_SOURCES } from "../ports/rows.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { MOST_PLANNED } from "./upload-limits.ts";
import { uploadAnswer, uploadOutput } from "./upload-views.ts";

const upload = idInput.meta({ description: "Id of an upload" });
const labelTableInput = z.strictObject({
  path: z.string().min(1).max(4096).meta({ description: "Name of the table among the upload's files" }),
  column: z.string().max(1000).optional().meta({ description: "That has the classes" }),
});
const hashInput = z
  .string()
  .regex(/^[0-9a-f]{64}$/, "it must be a sha256 in hexadecimal")
  .meta({ description: "sha256 of its bytes" });

export const uploadRouter = router({
  create: procedure
    .meta({
      ...{
        summary: "Begin to send pictures to a data set",
        method: "POST",
        path: "/datasets/{dataset}/uploads",
      },
      description: `An upload is four calls. This one begins it. POST /uploads/{upload}/files names its files with their sha256, up to ${MOST_PLANNED} in one call, and answers which bytes are missing. PUT /uploads/{upload}/blobs/{hash} sends each that is missing, large ones in pieces. POST /uploads/{upload}/finish has the server read them in; GET /uploads/{upload} says how far that is, until its state is done or failed.`,
      example: { dataset: "$dataset", class: "$class" },
    })
    .input(
      z.strictObject({
        dataset: idInput,
        class: idInput.optional().meta({
          description:
            "All pictures go to this class; without it their folders and names tell, or a contributor's token",
        }),
        labelsFrom: z
          .enum(LABEL_SOURCES)
          .optional()
          .meta({ description: "Where the classes stand, when folders can mean two things" }),
        labelTable: labelTableInput
          .optional()
          .meta({ description: "In its place: a table, sent with the pictures, that has a row for each" }),
      }),
    )
    .output(uploadOutput)
    .mutation(async ({ ctx, input }) => {
      const { dataset, class: of = null, labelsFrom = null, labelTable: table } = input;
      const labelTable = table ? { path: table.path, column: table.column ?? null } : null;
      const asked = { dataset, class: of, labelsFrom, labelTable };
      return uploadAnswer(await ctx.services.uploads.create(ctx.caller, asked));
    }),

  plan: procedure
    .meta({
      ...{ summary: "Name files that are to come, and hear which are missing", method: "POST" },
      path: "/uploads/{upload}/files",
      example: {
        upload: "$upload",
        files: [{ path: "cats/tom.jpg", hash: "ab".repeat(32), bytes: 20_000 }],
      },
    })
    .input(
      z.strictObject({
        upload,
        files: z
          .array(
            z.strictObject({
              path: z.string().min(1).max(4096).meta({ description: '"/" between folders' }),
              hash: hashInput,
              bytes: z.int().min(0),
            }),
          )
          .min(1)
          .max(MOST_PLANNED),
      }),
    )
    .output(
      z.object({ missing: z.array(z.string()).meta({ description: "Hashes whose bytes are to be sent" }) }),
    )
    .mutation(async ({ ctx, input }) => {
      const { missing } = await ctx.services.uploads.plan(ctx.caller, input.upload, input.files);
      return { missing: [...missing] };
    }),

  finish: procedure
    .meta({
      ...{ summary: "Take in what was sent", method: "POST", path: "/uploads/{upload}/finish" },
      example: { upload: "$sentUpload" },
    })
    .input(z.strictObject({ upload }))
    .output(uploadOutput)
    .mutation(async ({ ctx, input }) =>
      uploadAnswer(await ctx.services.uploads.finish(ctx.caller, input.upload)),
    ),

  get: procedure
    .meta({
      ...{ summary: "How far an upload is, and what came of it", method: "GET", path: "/uploads/{upload}" },
      example: { upload: "$upload" },
    })
    .input(z.strictObject({ upload }))
    .output(uploadOutput)
    .query(async ({ ctx, input }) => uploadAnswer(await ctx.services.uploads.get(ctx.caller, input.upload))),

  cancel: procedure
    .meta({
      ...{ summary: "Give an upload up that is not finished", method: "DELETE", path: "/uploads/{upload}" },
      example: { upload: "$upload" },
    })
    .input(z.strictObject({ upload }))
    .output(z.null())
    .mutation(async ({ ctx, input }) => {
      await ctx.services.uploads.cancel(ctx.caller, input.upload);
      return null;
    }),
});
