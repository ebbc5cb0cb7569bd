import type { CliEnvironment } from "../environment/env.ts";

/** What a command's action gets beside its own flags. */
export interface CommandContext {
  readonly environment: CliEnvironment;
  readonly json: boolean;
  /** Words of the command, such as "train" or "runs resume". */
  readonly command: string;
}

/** Values of a command's flags and of the program's, by their names in camel case. */
export type Flags = Readonly<Record<string, unknown>>;
