import { action, type CommandDeclaration } from "../declaration.ts";

export const inspectCommand: CommandDeclaration = {
  name: "inspect",
  declare: (command) =>
    command
      .description("report on a data set: classes, counts, broken files, duplicates, the split")
      .argument("<dataset>", "as for train")
      .action(
        action(
          async (context, flags, dataset) => (await import("./action.ts")).inspect(context, flags, dataset),
          async (context, server, flags, dataset = "") =>
            (await import("../../server/inspect-there.ts")).inspectThere(context, flags, {
              ...{ server, dataset },
            }),
        ),
      ),
  trainFlags: ({ SPLIT_KEYS }) => SPLIT_KEYS,
};
