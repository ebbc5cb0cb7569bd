import type { Command } from "commander";
import type { ServerAction, ServerHandler } from "../server/server-action.ts";
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
  /** The sub-command that has them. @default the command itself */
  readonly trainFlagsOf?: string;
  /** They change what has its own: no defaults are told. */
  readonly trainFlagsChange?: true;
}

/** The flags made from the config schema, which takes zod to load (60 ms). */
export type TrainFlagsModule = typeof import("../options/train-flags.ts");

type Handler = (context: CommandContext, flags: Flags, ...words: string[]) => Promise<void>;

/**
 * commander's action arguments → our handler's: context from the global flags, own flags, positional words.
 * @param there does the same on a server, when `--server` or `graft login` says so; a handler alone hears every flag.
 *   @default the command is of this computer alone
 */
export function action(
  handler: Handler,
  there?: ServerHandler | ServerAction,
): (this: Command, ...args: unknown[]) => Promise<void> {
  const onServer: ServerAction | undefined =
    typeof there === "function" ? { run: there, flags: "all" } : there;
  return async function run(this: Command) {
    const flags: Flags = this.optsWithGlobals();
    const { readEnvironment } = await import("../environment/env.ts");
    const environment = {
      ...readEnvironment(typeof flags.home === "string" ? flags.home : undefined),
      ...(typeof flags.server === "string" ? { serverFlag: flags.server } : {}),
    };
    await (await import("../options/check-flags.ts")).checkFlags(this, environment);
    const context = { environment, json: flags.json === true, command: commandWords(this) };
    // one that may be left out has no word then
    const words = this.processedArgs.flat().flatMap((word) => (word === undefined ? [] : [String(word)]));
    const { checkHeard, serverOf } = await import("../server/server-of.ts");
    const server = await serverOf(flags, context, onServer !== undefined);
    if (server && onServer) {
      checkHeard(this, onServer);
      await onServer.run(context, server, flags, ...words);
    } else await handler(context, flags, ...words);
  };
}

function commandWords(command: Command): string {
  const above = command.parent;
  return above?.parent ? `${above.name()} ${command.name()}` : command.name();
}
