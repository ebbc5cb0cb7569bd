import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "./exit-codes.ts";

/** What the command line takes from its surroundings, parsed once. */
export interface CliEnvironment {
  /** Absolute folder for runs, caches and weights. */
  readonly home: string;
  /** `--home` as it was typed: commands that are shown to be copied repeat it. */
  readonly homeFlag?: string;
  /** True when widgets may redraw lines: a terminal that has a width. */
  readonly interactive: boolean;
  /** Columns to draw in. */
  readonly columns: number;
  readonly color: boolean;
  readonly variables: NodeJS.ProcessEnv;
}

/**
 * @param homeFlag `--home`, which wins over GRAFT_HOME and ~/.graft.
 * @throws UsageError for an empty `--home`, which would mean the folder one happens to be in.
 */
export function readEnvironment(homeFlag: string | undefined): CliEnvironment {
  if (homeFlag?.trim() === "")
    throw new UsageError(
      "--home: no folder was given. Name one, or leave it out to use GRAFT_HOME or ~/.graft.",
    );
  const variables = process.env;
  const stream = process.stderr;
  // ora and others loop for ever on a terminal of width 0, so a width is part of being interactive
  const interactive =
    stream.isTTY === true && stream.columns > 0 && variables.TERM !== "dumb" && variables.CI !== "true";
  return {
    ...(homeFlag === undefined ? {} : { homeFlag }),
    home: resolve(
      homeFlag ?? (variables.GRAFT_HOME?.trim() ? variables.GRAFT_HOME : join(homedir(), ".graft")),
    ),
    interactive,
    columns: interactive ? Math.min(stream.columns, 120) : 80,
    color: process.stdout.isTTY === true && variables.NO_COLOR === undefined,
    variables,
  };
}
