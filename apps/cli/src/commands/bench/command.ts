import { backendOption } from "../../options/backend-option.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

export const benchCommand: CommandDeclaration = {
  name: "bench",
  declare: (command) =>
    command
      .description("speed of the trunk and of a training step on this machine")
      .argument("[dataset]", "data set whose photos to decode", "emoji")
      .addOption(backendOption())
      .action(
        action(async (context, flags, dataset) =>
          (await import("./action.ts")).bench(context, flags, dataset),
        ),
      ),
};
