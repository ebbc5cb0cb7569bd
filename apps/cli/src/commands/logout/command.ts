import { action, type CommandDeclaration } from "../declaration.ts";

export const logoutCommand: CommandDeclaration = {
  name: "logout",
  declare: (command) =>
    command
      .description("do commands on this computer again")
      .action(action(async (context) => (await import("./action.ts")).logout(context))),
};
