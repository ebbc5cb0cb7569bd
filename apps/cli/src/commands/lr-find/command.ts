import { action, type CommandDeclaration } from "../declaration.ts";

export const lrFindCommand: CommandDeclaration = {
  name: "lr-find",
  declare: (command) =>
    command
      .description("find a learning rate in seconds: the loss over growing rates, and where it falls fastest")
      .argument("<dataset>", "as for train")
      .action(
        action(
          async (context, flags, dataset) =>
            (await import("./action.ts")).findLearningRate(context, flags, dataset),
          async (context, server, flags, dataset = "") =>
            (await import("../../server/search-there.ts")).findRateThere(context, flags, { server, dataset }),
        ),
      ),
  trainFlags: ({ RATE_KEYS }) => RATE_KEYS,
};
