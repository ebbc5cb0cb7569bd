import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("./action.ts");

export const runsCommand: CommandDeclaration = {
  name: "runs",
  declare(runs) {
    runs.description("past and unfinished trainings");
    runs
      .command("list")
      .description("all runs, newest first")
      .action(action(async (context) => (await load()).list(context)));
    runs
      .command("show")
      .description("one run: config, curves, result")
      .argument("<run>", "run id")
      .action(action(async (context, _, id) => (await load()).show(context, id)));
    runs
      .command("resume")
      .description("resume an interrupted run")
      .argument("<run>", "run id")
      .option("--out <folder>", "where the model goes now (default: where it was going to)")
      .option("--force", "replace a model that is there")
      .action(action(async (context, flags, id) => (await load()).resume(context, flags, id)));
    runs
      .command("delete")
      .description("delete runs with their models")
      .argument("<runs...>", "run ids")
      .action(action(async (context, _, ...ids) => (await load()).remove(context, ids)));
  },
};
