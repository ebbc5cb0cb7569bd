import { Option } from "commander";
import { backendOption, SERVER_CHOOSES } from "../../options/backend-option.ts";
import { parseShare } from "../../options/share.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

export const predictCommand: CommandDeclaration = {
  name: "predict",
  declare: (command) =>
    command
      .description("what a model sees in images")
      .argument("<model>", "model folder or run id")
      .argument("<images...>", "files, folders or patterns such as 'photos/*.jpg'")
      .option("--csv", "comma-separated values on stdout")
      .addOption(
        new Option(
          "--not-sure-below <score>",
          "say 'not sure' if the best class scores less than this, such as 0.7; `graft evaluate` finds the score (default: the model's own, if it has one)",
        ).argParser(parseShare),
      )
      .option(
        "--heatmap <folder>",
        "write each picture there as a PNG that shows in colour what led to its label",
      )
      .option("--force", "replace heat maps that are there")
      .addOption(backendOption())
      .action(
        action(
          async (context, flags, model, ...images) =>
            (await import("./action.ts")).predict(context, flags, model, images),
          {
            flags: ["csv", "notSureBelow", "heatmap", "force"],
            instead: { backend: SERVER_CHOOSES },
            run: async (context, server, flags, run = "", ...words) =>
              (await import("../../server/predict-there.ts")).predictThere(context, flags, {
                ...{ server, run, words },
              }),
          },
        ),
      ),
};
