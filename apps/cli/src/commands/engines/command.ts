import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("./action.ts");

export const enginesCommand: CommandDeclaration = {
  name: "engines",
  declare(engines) {
    engines.description("compute engines");
    engines
      .command("list")
      .description("engines and whether they are usable here")
      .action(action(async (context) => (await load()).list(context)));
    engines
      .command("install")
      .description(
        "build the TensorFlow engine against the current TensorFlow wheel (Linux x64; needs Python, pip, g++)",
      )
      .argument("<name>", "tensorflow or tensorflow-cuda")
      .action(action(async (context, _, name) => (await load()).install(context, name)));
  },
};
