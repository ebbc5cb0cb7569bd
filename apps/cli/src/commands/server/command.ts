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
      .description("write everything that a server keeps, of one moment, into a file; while it serves, too")
      .argument("<file>", "where the backup goes (a tar)")
      .option(...BLOBS)
      .option("--force", "replace a file that is there")
      .addHelpText(
        "after",
        "\nWith --server ADDRESS --token TOKEN (an admin's) of a server elsewhere. The file is read again and checked before it\nappears. Features, weights and the tokens themselves are not in it.",
      )
      .action(
        action(async (context, flags, file = "") => (await load()).backup(context, flags, file, undefined), {
          run: async (context, there, flags, file = "") => (await load()).backup(context, flags, file, there),
          flags: ["force"],
        }),
      );
    server
      .command("restore")
      .description("bring a backup back into an empty home, or an empty database and place for images")
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
        "\nThe old store stays as it is, and no server takes it any more with these images. End every server first.",
      )
      .action(action(async (context, flags) => (await load()).migrate(context, flags)));
    server
      .command("import-home")
      .description("take runs and models that this command line made into a server, with their pictures")
      .argument("[home]", "home whose runs are taken in (default: the server's own)")
      .option("--owner <name>", "account that they are to be of (default: the first admin)")
      .option(...BLOBS)
      .addHelpText(
        "after",
        "\nThe home is only read, and what the server has already stays as it is: it may be done again. End the server first.",
      )
      .action(action(async (context, flags, from) => (await importing()).importHome(context, flags, from)));
  },
};
