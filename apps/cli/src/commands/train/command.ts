import { action, type CommandDeclaration } from "../declaration.ts";

export const trainCommand: CommandDeclaration = {
  name: "train",
  declare: (command) =>
    command
      .description("train a model on a folder, an archive or a known set (emoji, cats-and-dogs)")
      .argument("<dataset>", "folder, .zip, .tar, .tar.gz, emoji or cats-and-dogs")
      .option("--out <folder>", "where the model goes (default: HOME/runs/ID/model)")
      .option("--force", "replace a model that is at --out")
      .option("--config <file>", "start from the options in a graft.json or run.json; flags win over it")
      .action(
        action(
          async (context, flags, dataset) => (await import("./action.ts")).train(context, flags, dataset),
          async (context, server, flags, dataset = "") =>
            (await import("../../server/train-there.ts")).trainThere(context, flags, { server, dataset }),
        ),
      ),
  trainFlags: ({ ALL_KEYS }) => ALL_KEYS,
};
