import { UsageError } from "../../exit/exit-codes.ts";
import type { CommandContext } from "../../session/context.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("../../server/datasets-there.ts");

/** What to do in place of each on this computer, where data sets are folders. */
const onlyThere =
  (instead: string) =>
  async ({ command }: CommandContext): Promise<void> => {
    throw new UsageError(
      `${command}: this is for data sets of a server. Add --server ADDRESS, or sign in with graft login. On this computer data sets are folders and archives: ${instead}.`,
    );
  };

const NAMED = "its name or id";

export const datasetsCommand: CommandDeclaration = {
  name: "datasets",
  declare(datasets) {
    datasets.description("data sets of a server");
    datasets
      .command("list")
      .description("all of them, changed last first")
      .action(
        action(onlyThere("they are where you put them"), async (context, server) =>
          (await load()).listDatasets(context, server),
        ),
      );
    datasets
      .command("show")
      .description("one data set: classes, what is learned from and held back, notes")
      .argument("<dataset>", NAMED)
      .action(
        action(onlyThere("graft inspect FOLDER shows one"), async (context, server, _, dataset = "") =>
          (await load()).showDataset(context, server, dataset),
        ),
      );
    datasets
      .command("rename")
      .description("give a data set another name")
      .argument("<dataset>", NAMED)
      .argument("<name>", "the new name")
      .action(
        action(onlyThere("rename the folder"), async (context, server, _, dataset = "", name = "") =>
          (await load()).renameDataset(context, server, { dataset, name }),
        ),
      );
    datasets
      .command("split")
      .description("draw a whole new split; what is not said stays as it is")
      .argument("<dataset>", NAMED)
      .action(
        action(
          onlyThere("graft train FOLDER --val-split SHARE --seed NUMBER draws one for each training"),
          async (context, server, flags, dataset = "") =>
            (await load()).splitDataset(context, server, flags, dataset),
        ),
      );
    datasets
      .command("delete")
      .description("delete data sets for good, with their pictures, runs and models")
      .argument("<datasets...>", "names or ids")
      .option("--yes", "without it what would go is said, and stays")
      .action(
        action(onlyThere("delete the folder"), async (context, server, flags, ...names) =>
          (await load()).deleteDatasets(context, server, { datasets: names, isSure: flags.yes === true }),
        ),
      );
  },
  trainFlags: ({ SPLIT_KEYS }) => SPLIT_KEYS.filter((key) => key !== "labelsFrom"),
  trainFlagsOf: "split",
  trainFlagsChange: true,
};
