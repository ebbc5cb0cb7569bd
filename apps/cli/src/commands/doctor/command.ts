import { action, type CommandDeclaration } from "../declaration.ts";

export const doctorCommand: CommandDeclaration = {
  name: "doctor",
  declare: (command) =>
    command.description("what this machine can train on, and how fast").action(
      action(
        async (context) => (await import("./action.ts")).doctor(context),
        async (context, server) =>
          (await import("../../server/doctor-there.ts")).doctorThere(context, server),
      ),
    ),
};
