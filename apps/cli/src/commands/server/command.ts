import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("./action.ts");
const importing = () => import("./import-action.ts");

/** What every one of them must be told as `graft serve` is. */
const BLOBS = [
  "--blobs <place>",
  "where the server keeps images and models (default: HOME/server/blobs)",
] as const;

export const serverCommand: CommandDeclaration = {
  name: "server",
  declare(server) {
    server
      .description("look after a server: find its token, back up what it keeps, bring it back, move it")
      .addHelpText(
        "after",
        "\nGive what graft serve was given: --home, --blobs, and DATABASE_URL where rows are in PostgreSQL.",
      );
    server
      .command("token")
      .description("print the address with the admin's token once more, for who runs the server and lost it")
      .addHelpText(
        "after",
        "\nWhoever has it may do everything on the server. It is read from the home: HOME/server/admin-token.",
      )
      .action(action(async (context) => (await import("./token-action.ts")).tellToken(context)));
    server
      .command("backup")
      .description("write all that a server keeps, as it is at one moment, into a file; it may go on serving")
      .argument("<file>", "where the backup goes (a tar)")
      .option(...BLOBS)
      .option("--force", "replace a file that is there")
      .addHelpText(
        "after",
        "\nFor a server elsewhere add --server ADDRESS --token TOKEN (an admin's). The file is read again and checked before it appears.\nFeatures, weights and the tokens themselves are not in it.",
      )
      .action(
        action(async (context, flags, file = "") => (await load()).backup(context, flags, file, undefined), {
          run: async (context, there, flags, file = "") => (await load()).backup(context, flags, file, there),
          flags: ["force"],
        }),
      );
    server
      .command("restore")
      .description("bring a backup back into an empty home, or an empty database and image store")
      .argument("<file>", "the backup")
      .option(...BLOBS)
      .addHelpText(
        "after",
        "\nAll of it is checked before anything is touched, and comes whole or not at all. A server that has the home must be ended\nfirst. Trainings that were under way go on when the server starts; the first start makes a new admin's token.",
      )
      .action(action(async (context, flags, file = "") => (await load()).restore(context, flags, file)));
    server
      .command("migrate-store")
      .description(
        "move rows between the home's own store and PostgreSQL; images and models stay where they are",
      )
      .requiredOption(
        "--to <store>",
        'postgres://USER:PASSWORD@HOST/DATABASE, or "home" for the home\'s own store',
      )
      .option(...BLOBS)
      .addHelpText(
        "after",
        "\nEnd every server first. The old store stays as it is, but no server uses it with these images any more.",
      )
      .action(action(async (context, flags) => (await load()).migrate(context, flags)));
    server
      .command("import-home")
      .description("bring runs and models made on this computer, with their pictures, into a server")
      .argument("[home]", "home whose runs are taken in (default: the server's own)")
      .option("--owner <name>", "account that gets them (default: the first admin)")
      .option(...BLOBS)
      .addHelpText(
        "after",
        "\nEnd the server first. The home is only read, and what the server has already stays as it is, so you may do this again.",
      )
      .action(action(async (context, flags, from) => (await importing()).importHome(context, flags, from)));
  },
};
