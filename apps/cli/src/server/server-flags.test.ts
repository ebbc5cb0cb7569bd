import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Command, Option } from "commander";
import { describe, expect, it } from "vitest";
import { UsageError } from "../exit/exit-codes.ts";
import { createProgram } from "../program.ts";

/** A server that nobody is at: what it is asked for is a refusal of the network, and never one of the flag. */
const NOBODY = ["--server", "http://127.0.0.1:2", "--token", "graft_x", "--home", "/nowhere/home"];

/** Of each command that a server does: flags that count there, and where they are read. Any other flag of it is refused. */
const THERE: Readonly<Record<string, { readonly heard: readonly string[] | "all"; readonly in: string }>> = {
  train: { heard: "all", in: "server/train-there.ts" },
  evaluate: {
    heard: ["split", "precisionTarget", "labelsFrom", "splitGap", "report", "force"],
    in: "server/evaluate-there.ts",
  },
  predict: { heard: ["csv", "notSureBelow", "heatmap", "force"], in: "server/predict-there.ts" },
  export: { heard: ["format", "out", "columns", "force"], in: "export/asked-export.ts" },
  inspect: { heard: "all", in: "server/inspect-there.ts" },
  "datasets list": { heard: [], in: "server/datasets-there.ts" },
  "datasets show": { heard: [], in: "server/datasets-there.ts" },
  "datasets rename": { heard: [], in: "server/datasets-there.ts" },
  "datasets split": { heard: "all", in: "server/datasets-there.ts" },
  "datasets delete": { heard: ["yes"], in: "commands/datasets/command.ts" },
  features: { heard: "all", in: "server/features-there.ts" },
  "cache show": { heard: [], in: "commands/cache/command.ts" },
  "cache prune": { heard: ["maxBytes", "only"], in: "server/storage-there.ts" },
  worker: { heard: ["name", "threads", "ca"], in: "commands/worker/action.ts" },
  "runs list": { heard: [], in: "commands/runs/command.ts" },
  "runs show": { heard: [], in: "commands/runs/command.ts" },
  "runs resume": { heard: ["out", "force"], in: "commands/runs/command.ts" },
  "runs follow": { heard: ["out", "force"], in: "commands/runs/command.ts" },
  "runs stop": { heard: [], in: "commands/runs/command.ts" },
  "runs cancel": { heard: [], in: "commands/runs/command.ts" },
  "runs delete": { heard: [], in: "commands/runs/command.ts" },
};
/** Of this computer, whatever is signed in. */
const ALONE = [
  ...["weights list", "weights fetch", "engines list", "bench", "demo", "completion bash"],
  ...["serve", "server token", "server restore FILE", "server migrate-store --to home", "server import-home"],
];

/** A word for each argument, and a value for each flag that must be there. */
const NEEDED: Readonly<Record<string, readonly string[]>> = {
  export: ["--format", "onnx", "--out", "m.onnx"],
  features: ["--out", "f.npy"],
};
const VALUES: Readonly<Record<string, string>> = {
  precisionTarget: "0.9",
  notSureBelow: "0.9",
  threads: "1",
  maxBytes: "2GB",
  only: "features",
  backend: "cpu",
};

const program = await createProgram(["train"]);
const leaves = (command: Command): readonly Command[] =>
  command.commands.length === 0 ? [command] : command.commands.flatMap(leaves);
const nameOf = (command: Command): string =>
  command.parent?.parent ? `${command.parent.name()} ${command.name()}` : command.name();
const ALL = leaves(program);

/** What a command line ends with. */
async function outcome(words: readonly string[]): Promise<unknown> {
  const fresh = await createProgram(words);
  try {
    await fresh.parseAsync([...words, ...NOBODY], { from: "user" });
    return undefined;
  } catch (error) {
    return error;
  }
}

function line(command: Command, option: Option): readonly string[] {
  const name = nameOf(command);
  const value = option.required ? [VALUES[option.attributeName()] ?? option.argChoices?.[0] ?? "1"] : [];
  const needed = NEEDED[name] ?? [];
  return [
    ...[...name.split(" "), ...command.registeredArguments.map(() => "nothing-here"), ...needed],
    ...(needed.includes(option.long ?? "") ? [] : [option.long ?? "", ...value]),
  ];
}

/** It names the flag, and says what to do. */
const isRefused = (error: unknown, option: Option): boolean =>
  error instanceof UsageError &&
  error.message.startsWith(`${option.long}: `) &&
  error.message.includes("--local");

describe.each(Object.entries(THERE))("graft %s on a server", (name, { heard, in: file }) => {
  const command = ALL.find((one) => nameOf(one) === name);
  if (!command) throw new TypeError(`there is no ${name}`);
  const isHeard = (option: Option): boolean => heard === "all" || heard.includes(option.attributeName());
  const refused = command.options.filter((option) => !isHeard(option));

  if (refused.length > 0)
    it.each(refused.map((option) => [option.long, option] as const))(
      "refuses %s by name, before the server is asked",
      async (_, option) => {
        const error = await outcome(line(command, option));
        expect([String(error), isRefused(error, option)]).toEqual([String(error), true]);
      },
    );

  it("looks at every other flag", async () => {
    // a worker waits for its server, so it is not started
    for (const option of name === "worker" ? [] : command.options.filter(isHeard)) {
      const error = await outcome(line(command, option));
      expect([option.long, isRefused(error, option)]).toEqual([option.long, false]);
    }
    const text = await readFile(join(import.meta.dirname, "..", file), "utf8");
    for (const flag of heard === "all" ? [] : heard)
      expect(text).toMatch(new RegExp(`flags\\.${flag}\\b|\\{[^}]*\\b${flag}\\b[^}]*\\}: Flags`));
    // options of a training go through the one config, which the server is sent
    if (heard === "all") expect(text).toContain("configFromFlags(flags");
  });
});

it.each(ALONE)("graft %s says that it is of this computer, where a server is named", async (name) => {
  const error = await outcome(name.split(" "));
  expect(error).toBeInstanceOf(UsageError);
  expect(String(error)).toContain("this is done on this computer alone");
});

it("a command's page names --server where the command hears it", () => {
  const alone = (command: Command) => ALONE.some((name) => `${name} `.startsWith(`${nameOf(command)} `));
  for (const command of ALL.filter((one) => alone(one) || nameOf(one) in THERE))
    expect([nameOf(command), command.helpInformation().includes("--server <address>")]).toEqual([
      ...[nameOf(command), !alone(command)],
    ]);
});
