import { Option } from "commander";
import { action, type CommandDeclaration } from "../declaration.ts";

export const featuresCommand: CommandDeclaration = {
  name: "features",
  declare: (command) =>
    command
      .description("write embeddings of images as .npy, for search, clustering or other classifiers")
      .argument(
        "<dataset>",
        "as for train, a folder of images without classes, an image, or a uint8 .npy [n, size, size, 3]",
      )
      .requiredOption(
        "--out <file>",
        ".npy to write; paths and labels (null without classes) go beside it as .json",
      )
      .addOption(
        new Option("--pool <kind>", "avg: one vector for each image; none: the whole block")
          .choices(["avg", "none"])
          .default("avg"),
      )
      .option("--force", "replace files that are there")
      .action(
        action(
          async (context, flags, dataset) => (await import("./action.ts")).features(context, flags, dataset),
          async (context, server, flags, dataset = "") =>
            (await import("../../server/features-there.ts")).featuresThere(context, flags, {
              ...{ server, dataset },
            }),
        ),
      ),
  trainFlags: ({ FEATURE_KEYS }) => [...FEATURE_KEYS, "labelsFrom"],
};
