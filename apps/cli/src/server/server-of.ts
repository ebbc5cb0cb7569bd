import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Command } from "commander";
import { UsageError } from "../exit/exit-codes.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import type { Credentials } from "./credentials.ts";
import type { ServerAction } from "./server-action.ts";

/**
 * The server that a command is for; undefined: this computer. Nothing is loaded where there is none.
 * @param canGo the command can be done on a server.
 * @throws UsageError for `--server` with a command of this computer alone.
 */
export async function serverOf(
  flags: Flags,
  { environment, command }: CommandContext,
  canGo: boolean,
): Promise<Credentials | undefined> {
  const { home, variables } = environment;
  if (command === "login" || command === "logout") return undefined;
  if (!canGo) {
    if (flags.server === undefined) return undefined;
    throw new UsageError(`${command}: this is done on this computer alone. Leave --server out.`);
  }
  if (flags.local === true && flags.server !== undefined)
    throw new UsageError("--local and --server exclude each other: choose one.");
  const isAsked = flags.server !== undefined || Boolean(variables.GRAFT_SERVER?.trim());
  if (!isAsked && !existsSync(join(home, "login.json"))) return undefined;
  return (await import("./credentials.ts")).findServer(flags, environment);
}

/** @throws UsageError for a flag of a command that a server does not hear: none is passed over in silence. */
export function checkHeard(command: Command, { flags, instead = {} }: Omit<ServerAction, "run">): void {
  if (flags === "all") return;
  for (const option of command.options) {
    const name = option.attributeName();
    if (flags.includes(name) || command.getOptionValueSource(name) !== "cli") continue;
    const otherwise = instead[name] ?? "a server does not do this. Leave it out, or add --local.";
    throw new UsageError(`${option.long}: ${otherwise}`);
  }
}
