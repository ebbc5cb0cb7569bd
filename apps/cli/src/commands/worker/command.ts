import { InvalidArgumentError, Option } from "commander";
import { action, type CommandDeclaration } from "../declaration.ts";

/** @throws InvalidArgumentError (wrong usage) */
function threadCount(text: string): number {
  const number = Number(text);
  if (/^\d+$/.test(text) && number >= 1 && number <= 1024) return number;
  throw new InvalidArgumentError("Expected a whole number from 1 to 1024.");
}

const work = async (...args: Parameters<typeof import("./action.ts")["worker"]>): Promise<void> =>
  (await import("./action.ts")).worker(...args);

export const workerCommand: CommandDeclaration = {
  name: "worker",
  declare: (command) =>
    command
      .description("train on this computer for a graft server, until you stop it")
      .option("--name <name>", "what the server calls this computer (default: its own name)")
      .addOption(
        new Option("--threads <count>", "threads to use (default: all there are)").argParser(threadCount),
      )
      .option("--ca <file>", "certificate (PEM) that a server with --lan offers at ADDRESS/ca")
      .addHelpText(
        "after",
        "\nWhich server: --server ADDRESS --token TOKEN, or the variables GRAFT_SERVER and GRAFT_TOKEN, or graft login. The token is one\nof the role worker: on the server, graft serve --worker-token FILE writes one into a file.",
      )
      .action(
        action(async (context, flags) => work(context, flags, undefined), {
          flags: ["name", "threads", "ca"],
          run: async (context, server, flags) => work(context, flags, server),
        }),
      ),
};
