import { Option } from "commander";
import { backendOption, SERVER_CHOOSES } from "../../options/backend-option.ts";
import { parseShare } from "../../options/share.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

export const evaluateCommand: CommandDeclaration = {
  name: "evaluate",
  declare: (command) =>
    command
      .description("score a model on a data set")
      .argument("<model>", "model folder or run id")
      .argument("<dataset>", "as for train")
      .addOption(
        new Option("--split <part>", "which images to score").choices(["train", "validation", "test", "all"]),
      )
      .addOption(
        new Option(
          "--precision-target <share>",
          "share of answers that should be right; evaluate finds the score to say 'not sure' below",
        )
          .argParser(parseShare)
          .default(0.95),
      )
      .option(
        "--labels-from <where>",
        "where the labels come from: folders, inner-folders, names (cat.0.jpg), or a table as FILE or FILE:COLUMN (default: what the layout says)",
      )
      .option(
        "--split-gap",
        "train small heads to see how much a split that ignores duplicates would flatter the score",
      )
      .option("--report <file>", "write one self-contained HTML page with curves, pictures and heat maps")
      .option("--force", "replace a report that is there")
      .addOption(backendOption())
      .action(
        action(
          async (context, flags, model, dataset) =>
            (await import("./action.ts")).evaluate(context, flags, model, dataset),
          {
            flags: ["split", "precisionTarget", "labelsFrom", "splitGap", "report", "force"],
            instead: { backend: SERVER_CHOOSES },
            run: async (context, server, flags, run = "", dataset = "") =>
              (await import("../../server/evaluate-there.ts")).evaluateThere(context, flags, {
                ...{ server, run, dataset },
              }),
          },
        ),
      ),
};
