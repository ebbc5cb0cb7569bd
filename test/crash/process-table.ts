import { existsSync, readdirSync, readFileSync } from "node:fs";

/** Programs that a server starts, by a word of their command. */
const PROGRAMS = {
  "training child": "training-child",
  "importing child": "import-child",
  "predicting child": "predict-child",
  "exporting child": "workshop-child",
} as const;
export type ServerChild = keyof typeof PROGRAMS;

/** Why children of a process cannot be found; undefined where they can. */
export const whyNoProcessTable = (): string | undefined =>
  existsSync("/proc/self/stat") ? undefined : "no /proc, by which a server's children are found";

function textOf(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // ended meanwhile
    return "";
  }
}

/** Ids of a process's living children that run a program. */
export function childrenOf(parent: number, program: ServerChild): readonly number[] {
  const found: number[] = [];
  for (const name of readdirSync("/proc").filter((entry) => /^\d+$/.test(entry))) {
    // "pid (command) state ppid …", and the command may hold anything
    const [state, owner] = textOf(`/proc/${name}/stat`).split(") ").at(-1)?.split(" ") ?? [];
    if (Number(owner) !== parent || state === "Z") continue;
    if (textOf(`/proc/${name}/cmdline`).includes(PROGRAMS[program])) found.push(Number(name));
  }
  return found;
}
