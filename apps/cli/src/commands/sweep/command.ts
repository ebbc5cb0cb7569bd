import { action, type CommandDeclaration } from "../declaration.ts";

export const sweepCommand: CommandDeclaration = {
  name: "sweep",
  declare: (command) =>
    command
      .description("compare cut layers, sizes, learning rates and heads, from one pass of the trunk")
      .argument("<dataset>", "as for train")
      .option(
        "--cuts <names>",
        "cut layers, separated by commas",
        "mixed4,mixed5,mixed6,mixed7,mixed8,mixed9",
      )
      .option("--learning-rates <numbers>", "separated by commas", "0.0003,0.001,0.003")
      .option("--sizes <pixels>", "widths and heights of the images, separated by commas", "150")
      .option("--recipes <names>", "gap, classic or both", "gap")
      .option("--seeds <number>", "trainings of each combination, reported as mean and deviation", "1")
      .action(
        action(
          async (context, flags, dataset) => (await import("./action.ts")).sweep(context, flags, dataset),
          async (context, server, flags, dataset = "") =>
            (await import("../../server/search-there.ts")).sweepThere(context, flags, { server, dataset }),
        ),
      ),
  trainFlags: ({ SWEEP_KEYS }) => SWEEP_KEYS,
};
