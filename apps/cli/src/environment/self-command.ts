/** How the command that runs now is typed, so that the next one can be copied from the screen. */
import { basename, delimiter, dirname, relative, sep } from "node:path";
import type { CliEnvironment } from "./env.ts";

/** What tells how this process was started. */
export interface Invocation {
  /** argv[1]: the script, or the link in a bin folder. */
  readonly script: string;
  readonly nodeFlags: readonly string[];
  readonly variables: NodeJS.ProcessEnv;
  readonly folder: string;
}

function thisProcess(): Invocation {
  return {
    script: process.argv[1] ?? "graft",
    nodeFlags: process.execArgv,
    variables: process.env,
    folder: process.cwd(),
  };
}

/** "graft", "npx graft" or "node …/main.js": the way it was called, as far as that can be seen. */
export function selfCommand({ script, nodeFlags, variables, folder }: Invocation = thisProcess()): string {
  const installed = /^graft(\.\w+)?$/.test(basename(script)) || script.includes(`node_modules${sep}@graft`);
  if (installed) {
    const search = (variables.PATH ?? variables.Path ?? "").split(delimiter);
    // npx and npm scripts put their bin folders on the PATH of this process only
    const onlyByNpm = variables.npm_command !== undefined || !search.includes(dirname(script));
    return onlyByNpm ? "npx graft" : "graft";
  }
  // a checkout's npm scripts: npm has linked the workspace's bin
  if (variables.npm_command === "run-script") return "npx graft";
  const near = relative(folder, script);
  return ["node", ...nodeFlags, near.startsWith("..") ? script : near].map(shellWord).join(" ");
}

/** A whole command line to copy: flags that this call needs to find the same server and home are added. */
export function nextCommand(
  { homeFlag, serverFlag }: CliEnvironment,
  words: readonly string[],
  self: string = selfCommand(),
): string {
  const home = homeFlag === undefined ? [] : ["--home", homeFlag];
  const server = serverFlag === undefined ? [] : ["--server", serverFlag];
  return [self, ...[...words, ...server, ...home].map(shellWord)].join(" ");
}

/** Quoted where a shell would split or expand it (double quotes: the ones that cmd.exe knows as well). */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./\\~-]+$/.test(word)) return word;
  return process.platform === "win32" ? `"${word}"` : `'${word.replaceAll("'", "'\\''")}'`;
}
