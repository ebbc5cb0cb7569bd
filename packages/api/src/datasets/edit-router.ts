import * as z from "zod";
import { idInput, nameInput, time, timeOutput } from "../identity/shapes.ts";
import { EDIT_KINDS, type EditRow } from "../ports/rows.ts";
import { pageOf } from "../rpc/page-of.ts";
import { procedure, router } from "../rpc/trpc.ts";
import { classAnswer, classOutput } from "./dataset-views.ts";
import type { Edited } from "./edit-writer.ts";
import { ONE_OF_BOTH, selectionOf, selectionShape } from "./selection-input.ts";

const count = z.int().min(0);
const dataset = idInput.meta({ description: "Id of a data set" });
const classId = idInput.meta({ description: "Id of a class" });
const number = z.int32().min(1).meta({ description: "Of the edit, in the data set" });

const editedOutput = z.object({
  edit: z
    .int()
    .min(1)
    .nullable()
    .meta({ description: "Its number, for undoing; null: nothing was to be changed" }),
  images: count.meta({ description: "Pictures that are otherwise now" }),
  classes: count.meta({ description: "Classes that are otherwise now" }),
  missed: z
    .object({ images: count, classes: count })
    .meta({ description: "That stay as they are: not there, or changed since by another edit" }),
});

const editedAnswer = ({ edit, images, classes, missed }: Edited): z.infer<typeof editedOutput> => ({
  ...{ edit, images, classes, missed: { ...missed } },
});

/** Pictures of an edit that are named; a merge may have a hundred thousand. */
const NAMED = 1000;

const classState = z.object({ name: z.string(), position: count, isOff: z.boolean() }).nullable();
const imageState = z.object({
  class: z.string().nullable(),
  use: z.enum(["in", "out", "broken"]),
  reason: z.string().nullable(),
});

const editOutput = z.object({
  number: z.int().min(1),
  kind: z.enum(EDIT_KINDS),
  at: timeOutput,
  by: z.string().meta({ description: "Account" }),
  of: z.int().min(1).nullable().meta({ description: "Of an undo or a redo: which edit it is of" }),
  isUndone: z.boolean(),
  images: count.meta({ description: "Pictures that it changed" }),
  classes: z.array(z.object({ class: z.string(), before: classState, after: classState })),
});

const wholeEditOutput = editOutput.extend({
  changes: z
    .array(z.object({ image: z.string(), before: imageState, after: imageState }))
    .meta({ description: `The first ${NAMED} pictures` }),
});

function editAnswer({ number: of, at, images, classes, ...edit }: EditRow): z.infer<typeof editOutput> {
  const { kind, by, of: other, isUndone } = edit;
  return {
    ...{ number: of, kind, at: time(at), by, of: other, isUndone, images: images.length },
    classes: classes.map(({ class: id, before, after }) => ({
      ...{ class: id, before: before && { ...before }, after: after && { ...after } },
    })),
  };
}

export const editRouter = router({
  move: procedure
    .meta({
      ...{
        summary: "Move pictures to a class, or to none",
        method: "POST",
        path: "/datasets/{dataset}/edits/move",
      },
      example: { dataset: "$dataset", images: ["$image"], class: "$otherClass" },
    })
    .input(
      z
        .strictObject({
          ...selectionShape,
          class: classId.nullable().meta({ description: "Null: sorted into none" }),
        })
        .refine(...ONE_OF_BOTH),
    )
    .output(editedOutput)
    .mutation(async ({ ctx, input }) =>
      editedAnswer(await ctx.services.edits.move(ctx.caller, input.dataset, input.class, selectionOf(input))),
    ),

  leaveOut: procedure
    .meta({
      ...{ summary: "Leave pictures out; nothing is deleted", method: "POST" },
      ...{
        path: "/datasets/{dataset}/edits/leave-out",
        example: { dataset: "$dataset", images: ["$image"] },
      },
    })
    .input(
      z
        .strictObject({ ...selectionShape, reason: z.string().trim().min(1).max(200).optional() })
        .refine(...ONE_OF_BOTH),
    )
    .output(editedOutput)
    .mutation(async ({ ctx, input }) =>
      editedAnswer(
        await ctx.services.edits.leaveOut(
          ...([ctx.caller, input.dataset, input.reason ?? null, selectionOf(input)] as const),
        ),
      ),
    ),

  keep: procedure
    .meta({
      ...{ summary: "Take pictures back in that were left out", method: "POST" },
      ...{ path: "/datasets/{dataset}/edits/keep", example: { dataset: "$dataset", filter: { use: "out" } } },
    })
    .input(z.strictObject(selectionShape).refine(...ONE_OF_BOTH))
    .output(editedOutput)
    .mutation(async ({ ctx, input }) =>
      editedAnswer(await ctx.services.edits.keep(ctx.caller, input.dataset, selectionOf(input))),
    ),

  addClasses: procedure
    .meta({
      ...{ summary: "Add classes", method: "POST", path: "/datasets/{dataset}/classes" },
      example: { dataset: "$dataset", names: ["birds"] },
    })
    .input(z.strictObject({ dataset, names: z.array(nameInput).min(1).max(1000) }))
    .output(editedOutput.extend({ added: z.array(classOutput) }))
    .mutation(async ({ ctx, input }) => {
      const { added, ...edited } = await ctx.services.edits.addClasses(
        ctx.caller,
        input.dataset,
        input.names,
      );
      return { ...editedAnswer(edited), added: added.map(classAnswer) };
    }),

  renameClass: procedure
    .meta({
      ...{
        summary: "Give a class another name",
        method: "PATCH",
        path: "/datasets/{dataset}/classes/{class}",
      },
      example: { dataset: "$dataset", class: "$class", name: "tigers" },
    })
    .input(z.strictObject({ dataset, class: classId, name: nameInput }))
    .output(editedOutput)
    .mutation(async ({ ctx, input }) =>
      editedAnswer(await ctx.services.edits.renameClass(ctx.caller, input.dataset, input.class, input.name)),
    ),

  switchClass: procedure
    .meta({
      ...{ summary: "Switch a class off or on", method: "POST" },
      path: "/datasets/{dataset}/classes/{class}/switch",
      example: { dataset: "$dataset", class: "$class", isOff: true },
    })
    .input(z.strictObject({ dataset, class: classId, isOff: z.boolean() }))
    .output(editedOutput)
    .mutation(async ({ ctx, input }) =>
      editedAnswer(await ctx.services.edits.switchClass(ctx.caller, input.dataset, input.class, input.isOff)),
    ),

  mergeClasses: procedure
    .meta({
      ...{ summary: "Move all pictures of a class to another one, and remove it", method: "POST" },
      path: "/datasets/{dataset}/classes/{class}/merge",
      example: { dataset: "$dataset", class: "$class", into: "$otherClass" },
    })
    .input(z.strictObject({ dataset, class: classId, into: classId }))
    .output(editedOutput)
    .mutation(async ({ ctx, input }) =>
      editedAnswer(await ctx.services.edits.mergeClasses(ctx.caller, input.dataset, input.class, input.into)),
    ),

  reorderClasses: procedure
    .meta({
      ...{
        summary: "Put the classes into another order",
        method: "PUT",
        path: "/datasets/{dataset}/classes",
      },
      example: { dataset: "$dataset", classes: ["$otherClass", "$class"] },
    })
    .input(
      z.strictObject({
        dataset,
        classes: z.array(classId).min(1).max(10_000).meta({ description: "All of them, in their new order" }),
      }),
    )
    .output(editedOutput)
    .mutation(async ({ ctx, input }) =>
      editedAnswer(await ctx.services.edits.reorderClasses(ctx.caller, input.dataset, input.classes)),
    ),

  list: procedure
    .meta({
      ...{ summary: "Edits of a data set, newest first", method: "GET", path: "/datasets/{dataset}/edits" },
      example: { dataset: "$dataset", limit: 10 },
    })
    .input(
      z.strictObject({
        dataset,
        after: z.string().max(500).optional(),
        limit: z.int().min(1).max(100).default(50),
      }),
    )
    .output(pageOf(editOutput))
    .query(async ({ ctx, input }) => {
      const { items, next } = await ctx.services.edits.page(ctx.caller, input.dataset, input);
      return { items: items.map(editAnswer), next: next ?? null };
    }),

  get: procedure
    .meta({
      ...{
        summary: "An edit, with what it changed",
        method: "GET",
        path: "/datasets/{dataset}/edits/{number}",
      },
      example: { dataset: "$dataset", number: 1 },
    })
    .input(z.strictObject({ dataset, number }))
    .output(wholeEditOutput)
    .query(async ({ ctx, input }) => {
      const edit = await ctx.services.edits.get(ctx.caller, input.dataset, input.number);
      const changes = edit.images.slice(0, NAMED);
      return {
        ...editAnswer(edit),
        changes: changes.map(({ image, before, after }) => ({
          image,
          before: { ...before },
          after: { ...after },
        })),
      };
    }),

  undo: procedure
    .meta({
      ...{ summary: "Undo an edit, where it is still as it left it", method: "POST" },
      ...{ path: "/datasets/{dataset}/edits/{number}/undo", example: { dataset: "$dataset", number: 1 } },
    })
    .input(z.strictObject({ dataset, number }))
    .output(editedOutput)
    .mutation(async ({ ctx, input }) =>
      editedAnswer(await ctx.services.edits.undo(ctx.caller, input.dataset, input.number)),
    ),

  redo: procedure
    .meta({
      ...{ summary: "Do an undone edit again", method: "POST" },
      ...{ path: "/datasets/{dataset}/edits/{number}/redo", example: { dataset: "$dataset", number: 2 } },
    })
    .input(z.strictObject({ dataset, number }))
    .output(editedOutput)
    .mutation(async ({ ctx, input }) =>
      editedAnswer(await ctx.services.edits.redo(ctx.caller, input.dataset, input.number)),
    ),
});
