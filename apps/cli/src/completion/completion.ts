/** What completes a command line: answers by @bomb.sh/tab (0.0.x: this file is the only one that knows it). */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import { printScript } from "../commands/completion/command.ts";
import { readEnvironment } from "../environment/env.ts";

/** Of each argument that is more than a file name: whether it may be a run, a known set, a path. */
const ARGUMENTS: Readonly<Record<string, readonly (readonly ("run" | "set" | "path")[])[]>> = {
  train: [["set", "path"]],
  features: [["set", "path"]],
  inspect: [["set", "path"]],
  evaluate: [
    ["run", "path"],
    ["set", "path"],
  ],
  predict: [["run", "path"]],
  export: [["run", "path"]],
  "runs show": [["run"]],
  "runs resume": [["run"]],
  "runs delete": [["run"]],
};

/** Adds the hidden `graft complete -- …` that a shell's script calls, and `graft completion`, which the library declares. */
export function addCompletion(program: Command): void {
  const completion = tab(program, { completionCommandName: "completion" });
  program.commands.find((command) => command.name() === "completion")?.action(printScript);
  for (const [command, kinds] of Object.entries(ARGUMENTS)) {
    const known = [...(completion.commands.get(command)?.arguments.values() ?? [])];
    for (const [i, argument] of known.entries()) {
      const wanted = kinds[i];
      if (!wanted) continue;
      argument.handler = (complete) => {
        for (const kind of wanted) answer(kind, complete);
      };
    }
  }
}

function answer(kind: "run" | "set" | "path", complete: (value: string, description: string) => void): void {
  if (kind === "run") for (const id of runIds()) complete(id, "run");
  if (kind === "set") {
    complete("emoji", "embedded images");
    complete("cats-and-dogs", "public photos");
  }
  // answers that do not begin like the word are left out, so this one is the word itself
  if (kind === "path") complete(process.argv.at(-1) ?? "", "path");
}

/** Names only: a shell waits for this, so nothing is opened. */
function runIds(): string[] {
  try {
    return readdirSync(join(readEnvironment(undefined).home, "runs"))
      .filter((name) => !name.startsWith("."))
      .sort()
      .reverse();
  } catch {
    return [];
  }
}
