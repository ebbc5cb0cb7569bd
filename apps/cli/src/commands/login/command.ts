import { action, type CommandDeclaration } from "../declaration.ts";

export const loginCommand: CommandDeclaration = {
  name: "login",
  declare: (command) =>
    command
      .description("sign in to a graft server: commands work there from now on")
      .argument(
        "<address>",
        "the link that graft serve prints; or the address alone, with --token, GRAFT_TOKEN or the token by a pipe",
      )
      .option(
        "--ca <file>",
        "certificate (PEM) that a server with --lan offers at ADDRESS/ca; it is kept, too",
      )
      .addHelpText(
        "after",
        "\nThe token is kept in the home, in login.json, which only you can read. After that --local does a command on this computer,\nand graft logout signs out.",
      )
      .action(
        action(async (context, flags, address) =>
          (await import("./action.ts")).login(context, flags, address),
        ),
      ),
};
