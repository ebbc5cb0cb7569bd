import { action, type CommandDeclaration } from "../declaration.ts";

const OF_DATASET =
  "on a server the split is the data set's, and is shown as it is. Leave it out, or add --local.";

export const inspectCommand: CommandDeclaration = {
  name: "inspect",
  declare: (command) =>
    command
      .description("report on a data set: classes, counts, broken files, duplicates, the split")
      .argument("<dataset>", "as for train")
      .action(
        action(
          async (context, flags, dataset) => (await import("./action.ts")).inspect(context, flags, dataset),
          {
            flags: ["labelsFrom"],
            instead: { valSplit: OF_DATASET, groupPrefix: OF_DATASET, seed: OF_DATASET },
            run: async (context, server, flags, dataset = "") =>
              (await import("../../server/inspect-there.ts")).inspectThere(context, flags, {
                ...{ server, dataset },
              }),
          },
        ),
      ),
  trainFlags: ({ SPLIT_KEYS }) => SPLIT_KEYS,
};
