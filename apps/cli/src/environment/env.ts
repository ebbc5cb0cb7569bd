import { statSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UsageError } from "../exit/exit-codes.ts";

/** What the command line takes from its surroundings, parsed once. */
export interface CliEnvironment {
  /** Absolute folder for runs, caches and weights. */
  readonly home: string;
  /** `--home` as it was typed: commands that are shown to be copied repeat it. */
  readonly homeFlag?: string;
  /** `--server` as it was typed, likewise. */
  readonly serverFlag?: string;
  /** True when widgets may redraw lines: a terminal that has a width. */
  readonly interactive: boolean;
  /** Columns to draw in. */
  readonly columns: number;
  readonly color: boolean;
  readonly variables: NodeJS.ProcessEnv;
}

/**
 * @param homeFlag `--home`, which wins over GRAFT_HOME and ~/.graft.
 * @throws UsageError for a home that can be none.
 */
export function readEnvironment(homeFlag: string | undefined): CliEnvironment {
  const variables = process.env;
  const stream = process.stderr;
  // ora and others loop for ever on a terminal of width 0, so a width is part of being interactive
  const interactive =
    stream.isTTY === true && stream.columns > 0 && variables.TERM !== "dumb" && variables.CI !== "true";
  return {
    ...(homeFlag === undefined ? {} : { homeFlag }),
    home: homeFolder(homeFlag, variables.GRAFT_HOME?.trim() ? variables.GRAFT_HOME : undefined),
    interactive,
    columns: interactive ? Math.min(stream.columns, 120) : 80,
    color: process.stdout.isTTY === true && variables.NO_COLOR === undefined,
    variables,
  };
}

/** An empty flag would mean the folder one happens to be in, and a file holds nothing. */
function homeFolder(flag: string | undefined, variable: string | undefined): string {
  const otherwise = "Name a folder, or leave this out to use ~/.graft.";
  if (flag?.trim() === "") throw new UsageError(`--home: no folder was given. ${otherwise}`);
  const home = resolve(flag ?? variable ?? join(homedir(), ".graft"));
  if (!isFile(home)) return home;
  const name = flag === undefined ? "GRAFT_HOME" : "--home";
  throw new UsageError(`${name}: ${home} is not a folder. ${otherwise}`);
}

function isFile(path: string): boolean {
  try {
    return !statSync(path).isDirectory();
  } catch {
    return false; // not there yet; or not to be reached, which who uses it says in its own words
  }
}
