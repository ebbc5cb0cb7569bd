import { action, type CommandDeclaration } from "../declaration.ts";

export const loginCommand: CommandDeclaration = {
  name: "login",
  declare: (command) =>
    command
      .description("send commands to a graft server from now on")
      .argument("<address>", "the server's address, or the whole link with its token")
      .action(
        action(async (context, flags, address) =>
          (await import("./action.ts")).login(context, flags, address),
        ),
      ),
};
