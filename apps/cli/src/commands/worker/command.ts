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
      .description("train for a server that runs on another computer, until it is stopped")
      .option("--name <name>", "what the server calls this computer (default: its own name)")
      .addOption(
        new Option("--threads <count>", "threads to use (default: all there are)").argParser(threadCount),
      )
      .option("--ca <file>", "certificate (PEM) of the server's own authority: ADDRESS/ca gives it")
      .action(
        action(async (context, flags) => work(context, flags, undefined), {
          flags: ["name", "threads", "ca"],
          run: async (context, server, flags) => work(context, flags, server),
        }),
      ),
};
