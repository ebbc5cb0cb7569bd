import type { CommandContext, Flags } from "../session/context.ts";
import type { Credentials } from "./credentials.ts";

export type ServerHandler = (
  context: CommandContext,
  server: Credentials,
  flags: Flags,
  ...words: string[]
) => Promise<void>;

/** A command as a server does it. */
export interface ServerAction {
  readonly run: ServerHandler;
  /** Flags of the command that it hears, by their names in camel case; any other one is refused. "all": each is looked at there. */
  readonly flags: readonly string[] | "all";
  /** What to do in place of a flag that is refused. @default to leave it out */
  readonly instead?: Readonly<Record<string, string>>;
}
