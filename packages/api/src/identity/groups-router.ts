import * as z from "zod";
import { procedure, router } from "../rpc/trpc.ts";
import type { GroupSheet } from "./group-service.ts";
import { groupAnswer, groupOutput, idInput, nameInput, ownedOutput, timeInput } from "./shapes.ts";

const sheetOutput = z.object({
  group: groupOutput,
  lines: z.array(
    z.object({
      account: z.string(),
      name: z.string(),
      code: z.string().meta({ description: "Shown this once and kept nowhere" }),
      address: z.string().meta({ description: "Below the server's address, with the code behind #" }),
    }),
  ),
});
const sheetAnswer = ({ group, lines }: GroupSheet): z.infer<typeof sheetOutput> => ({
  group: groupAnswer(group),
  lines: [...lines],
});

export const groupsRouter = router({
  list: procedure
    .meta({ summary: "Groups of pupils", method: "GET", path: "/groups", example: {} })
    .output(z.array(groupOutput.extend({ pupils: z.int() })))
    .query(async ({ ctx }) => {
      const groups = await ctx.services.groups.list();
      return groups.map((group) => ({ ...groupAnswer(group), pupils: group.pupils }));
    }),

  create: procedure
    .meta({
      summary: "A new group of pupils and its sheet of codes, shown this once",
      method: "POST",
      path: "/groups",
      example: { name: "Class 7b", pupils: 25, endsAt: "2099-07-31T22:00:00Z" },
    })
    .input(
      z.strictObject({
        name: nameInput,
        pupils: z.int().min(1).max(500).optional().describe("How many; they are called Pupil 1, Pupil 2 …"),
        names: z.array(nameInput).min(1).max(500).optional().describe("In place of `pupils`"),
        endsAt: timeInput,
      }),
    )
    .output(sheetOutput)
    .mutation(async ({ ctx, input }) => sheetAnswer(await ctx.services.groups.create(ctx.caller, input))),

  sheet: procedure
    .meta({
      summary: "New codes for a group, or for one pupil; the old ones end",
      method: "POST",
      path: "/groups/{group}/sheet",
      example: { group: "$group" },
    })
    .input(z.strictObject({ group: idInput, account: idInput.optional() }))
    .output(sheetOutput)
    .mutation(async ({ ctx, input }) =>
      sheetAnswer(await ctx.services.groups.sheet(ctx.caller, input.group, input.account)),
    ),

  end: procedure
    .meta({
      summary: "Lets no pupil of a group in any more; their data stay",
      method: "POST",
      path: "/groups/{group}/end",
      example: { group: "$group" },
    })
    .input(z.strictObject({ group: idInput, at: timeInput.optional() }))
    .output(groupOutput)
    .mutation(async ({ ctx, input }) =>
      groupAnswer(await ctx.services.groups.end(ctx.caller, input.group, input.at)),
    ),

  contents: procedure
    .meta({
      summary: "What would go with a group",
      method: "GET",
      path: "/groups/{group}/contents",
      example: { group: "$group" },
    })
    .input(z.strictObject({ group: idInput }))
    .output(ownedOutput.extend({ pupils: z.int() }))
    .query(({ ctx, input }) => ctx.services.groups.contents(input.group)),

  delete: procedure
    .meta({
      summary: "Removes a group with all of its pupils' data for good; the answer is what went",
      method: "DELETE",
      path: "/groups/{group}",
      example: { group: "$group" },
    })
    .input(z.strictObject({ group: idInput }))
    .output(ownedOutput.extend({ pupils: z.int() }))
    .mutation(({ ctx, input }) => ctx.services.groups.delete(ctx.caller, input.group)),
});
