import { action, type CommandDeclaration } from "../declaration.ts";

export const demoCommand: CommandDeclaration = {
  name: "demo",
  declare: (command) =>
    command
      .description(
        "the whole job on embedded images: train, curves, confusion matrix, predictions; no network",
      )
      .action(action(async (context) => (await import("./action.ts")).demo(context))),
};
