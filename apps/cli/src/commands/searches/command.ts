import { UsageError } from "../../exit/exit-codes.ts";
import type { CommandContext } from "../../session/context.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("../../server/searches-there.ts");

/** A search of this computer ends with its command. */
async function onlyThere({ command }: CommandContext): Promise<void> {
  throw new UsageError(
    `${command}: this is for sweeps and tests of learning rates of a server. Add --server ADDRESS, or sign in with graft login.`,
  );
}

export const searchesCommand: CommandDeclaration = {
  name: "searches",
  declare(searches) {
    searches.description("sweeps and tests of learning rates of a server");
    searches
      .command("list")
      .description("all of them, newest first")
      .action(action(onlyThere, async (context, server) => (await load()).listSearches(context, server)));
    for (const [name, what] of [
      ["follow", "look at one as it goes, and at what it found"],
      ["train", "train with what one found"],
    ] as const)
      searches
        .command(name)
        .description(what)
        .argument("<search>", "id of a search")
        .action(
          action(onlyThere, async (context, server, _, search = "") => {
            const there = await load();
            await (name === "train" ? there.trainFound : there.followSearchThere)(context, server, search);
          }),
        );
    for (const [name, how, what] of [
      ["cancel", "cancel", "stop searches"],
      ["delete", "remove", "delete searches that are over, with what they found"],
    ] as const)
      searches
        .command(name)
        .description(what)
        .argument("<searches...>", "ids of searches")
        .action(
          action(onlyThere, async (context, server, _, ...ids) =>
            (await load()).endSearches(context, server, { searches: ids, how }),
          ),
        );
  },
};
