import type { Command } from "commander";
import type { CommandContext, Flags } from "../session/context.ts";

/**
 * A command of the program. Declaring loads nothing that the command works with: its action imports that when it runs, so
 * that `graft --help` loads no engine.
 */
export interface CommandDeclaration {
  readonly name: string;
  /** Gives it its arguments, flags, help and action, or its sub-commands. */
  declare(command: Command): void;
  /** Names of the options of a training that are its flags, too; they come after its own. */
  readonly trainFlags?: (known: TrainFlagsModule) => readonly string[];
}

/** The flags made from the config schema, which takes zod to load (60 ms). */
export type TrainFlagsModule = typeof import("../options/train-flags.ts");

type Handler = (context: CommandContext, flags: Flags, ...words: string[]) => Promise<void>;

/** commander's action arguments → our handler's: context from the global flags, own flags, positional words. */
export function action(handler: Handler): (this: Command, ...args: unknown[]) => Promise<void> {
  return async function run(this: Command) {
    const flags: Flags = this.optsWithGlobals();
    const { readEnvironment } = await import("../environment/env.ts");
    const environment = readEnvironment(typeof flags.home === "string" ? flags.home : undefined);
    await (await import("../options/check-flags.ts")).checkFlags(this, environment);
    await handler(
      { environment, json: flags.json === true, command: commandWords(this) },
      flags,
      ...this.processedArgs.flat().map(String),
    );
  };
}

function commandWords(command: Command): string {
  const above = command.parent;
  return above?.parent ? `${above.name()} ${command.name()}` : command.name();
}
