import { Option } from "commander";
import { EXPORT_FORMAT_NAMES } from "../../export/export-format-names.ts";
import { backendOption, SERVER_CHOOSES } from "../../options/backend-option.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

const OF_RUN =
  "a server compares an export on pictures of the run's own data set. Leave it out, or bring the model here (graft runs follow RUN --out FOLDER) and add --local.";

export const exportCommand: CommandDeclaration = {
  name: "export",
  declare: (command) =>
    command
      .description("write a model for other programs; graft reads it again and compares it first")
      .argument("<model>", "model folder or run id")
      .addOption(
        new Option(
          "--format <name>",
          "tfjs (LayersModel), h5 (Keras 2 and 3), keras (Keras 3), onnx, onnx-int8 (convolutions in 8 bits), or a folder with a program for node or python",
        )
          .choices(EXPORT_FORMAT_NAMES)
          .makeOptionMandatory(),
      )
      .requiredOption(
        "--out <path>",
        "file or folder to write; a file gets a description beside it, as PATH.json",
      )
      .addOption(
        new Option(
          "--columns <number>",
          "output columns of a classic head for two classes: 2, one for each class (default), or 1, the probability of the second (tfjs, h5 and keras only)",
        ).choices(["1", "2"]),
      )
      .option("--data <dataset>", "data set to compare it on (default: the run's own, else embedded images)")
      .option("--force", "replace an export that is there")
      .addOption(backendOption())
      .action(
        action(
          async (context, flags, model) => (await import("./action.ts")).exportModel(context, flags, model),
          {
            flags: ["format", "out", "columns", "force"],
            instead: { backend: SERVER_CHOOSES, data: OF_RUN },
            run: async (context, server, flags, run = "") =>
              (await import("../../server/export-there.ts")).exportThere(context, flags, { server, run }),
          },
        ),
      ),
};
