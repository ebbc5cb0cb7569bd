import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("./action.ts");

export const weightsCommand: CommandDeclaration = {
  name: "weights",
  declare(weights) {
    weights.description("pretrained weights of the trunk");
    weights
      .command("list")
      .description("what is here and what could be fetched")
      .action(action(async (context) => (await load()).list(context)));
    weights
      .command("fetch")
      .description("download weights into the cache")
      .argument("[name]", "imagenet or a URL", "imagenet")
      .action(action(async (context, _, name) => (await load()).fetch(context, name)));
  },
};
