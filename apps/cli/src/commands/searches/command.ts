import { UsageError } from "../../exit/exit-codes.ts";
import type { CommandContext } from "../../session/context.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("../../server/searches-there.ts");

/** A search of this computer ends with its command. */
async function onlyThere({ command }: CommandContext): Promise<void> {
  throw new UsageError(
    `${command}: this is for sweeps, learning-rate tests and features on a server. Add --server ADDRESS, or sign in with graft login.`,
  );
}

export const searchesCommand: CommandDeclaration = {
  name: "searches",
  declare(searches) {
    searches.description(
      "look at, train from, cancel and delete sweeps, learning-rate tests and features on a server",
    );
    searches
      .command("list")
      .description("list them, newest first")
      .action(action(onlyThere, async (context, server) => (await load()).listSearches(context, server)));
    searches
      .command("follow")
      .description("watch one as it goes, and see what it found")
      .argument("<search>", "id of a search, as graft searches list shows it")
      .option("--out <file>", "of features: .npy to write; paths and labels go beside it as .json")
      .option("--force", "with --out: replace files that are there")
      .action(
        action(onlyThere, async (context, server, flags, search = "") =>
          (await load()).followSearchThere(context, server, flags, search),
        ),
      );
    searches
      .command("train")
      .description("train with the settings that one found")
      .argument("<search>", "id of a search, as graft searches list shows it")
      .action(
        action(onlyThere, async (context, server, _, search = "") =>
          (await load()).trainFound(context, server, search),
        ),
      );
    for (const [name, how, what] of [
      ["cancel", "cancel", "stop searches for good"],
      ["delete", "remove", "delete searches that are over, with what they found"],
    ] as const)
      searches
        .command(name)
        .description(what)
        .argument("<searches...>", "ids of searches, as graft searches list shows them")
        .action(
          action(onlyThere, async (context, server, _, ...ids) =>
            (await load()).endSearches(context, server, { searches: ids, how }),
          ),
        );
  },
};
