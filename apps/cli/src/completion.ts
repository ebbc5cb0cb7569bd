/** Shell completion by @bomb.sh/tab (0.0.x: this file is the only one that knows it). */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import tab from "@bomb.sh/tab/commander";
import type { Command } from "commander";
import { readEnvironment } from "./env.ts";

/** Adds `graft completion SHELL` (prints the script) and the hidden `graft complete -- …` that the script calls. */
export function addCompletion(program: Command): void {
  const completion = tab(program, { completionCommandName: "completion" });
  for (const command of ["runs show", "runs resume", "runs delete", "evaluate", "predict"]) {
    const [argument] = completion.commands.get(command)?.arguments.values() ?? [];
    if (argument) argument.handler = (complete) => runIds().forEach((id) => void complete(id, "run"));
  }
  for (const command of ["train", "features", "inspect"]) {
    const [argument] = completion.commands.get(command)?.arguments.values() ?? [];
    if (argument) {
      argument.handler = (complete) => {
        complete("emoji", "embedded images");
        complete("cats-and-dogs", "public photos");
      };
    }
  }
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
