import { UsageError } from "../../exit/exit-codes.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { action, type CommandDeclaration } from "../declaration.ts";

const load = () => import("./action.ts");
const loadThere = () => import("../../server/runs-there.ts");

/** A training of this computer is stopped where it runs. */
async function onlyThere({ command }: CommandContext): Promise<void> {
  throw new UsageError(
    `${command}: this is for runs on a server. Add --server ADDRESS, or sign in with graft login. A training on this computer is stopped with Ctrl-C.`,
  );
}

const placeIn = ({ out, force }: Flags): { readonly out?: string; readonly force: boolean } => ({
  ...(typeof out === "string" ? { out } : {}),
  force: force === true,
});

export const runsCommand: CommandDeclaration = {
  name: "runs",
  declare(runs) {
    runs.description("list, look at, resume, stop and delete trainings");
    runs
      .command("list")
      .description("list all runs, newest first")
      .action(
        action(
          async (context) => (await load()).list(context),
          async (context, server) => (await loadThere()).listThere(context, server),
        ),
      );
    runs
      .command("show")
      .description("show one run: options, curves, result")
      .argument("<run>", "run id, as graft runs list shows it")
      .action(
        action(
          async (context, _, id) => (await load()).show(context, id),
          async (context, server, _, id = "") => (await loadThere()).showThere(context, server, id),
        ),
      );
    runs
      .command("resume")
      .description("go on with a run that was stopped")
      .argument("<run>", "run id, as graft runs list shows it")
      .option("--out <folder>", "where the model goes now (default: where it was going to)")
      .option("--force", "replace a model that is there")
      .action(
        action(async (context, flags, id) => (await load()).resume(context, flags, id), {
          flags: ["out", "force"],
          run: async (context, server, flags, run = "") =>
            (await loadThere()).followThere(context, server, { ...placeIn(flags), run, resume: true }),
        }),
      );
    runs
      .command("follow")
      .description("watch a run on a server as it trains")
      .argument("<run>", "run id, as graft runs list shows it")
      .option("--out <folder>", "where its model goes on this computer, when it is done")
      .option("--force", "replace a model that is there")
      .action(
        action(onlyThere, {
          flags: ["out", "force"],
          run: async (context, server, flags, run = "") =>
            (await loadThere()).followThere(context, server, { ...placeIn(flags), run, resume: false }),
        }),
      );
    for (const [how, what] of [
      ["stop", "stop runs on a server; they can be resumed"],
      ["cancel", "stop runs on a server for good; they cannot be resumed"],
    ] as const)
      runs
        .command(how)
        .description(what)
        .argument("<runs...>", "run ids, as graft runs list shows them")
        .action(
          action(onlyThere, async (context, server, _, ...ids) =>
            (await loadThere()).stopThere(context, server, { runs: ids, how }),
          ),
        );
    runs
      .command("delete")
      .description("delete runs with their models")
      .argument("<runs...>", "run ids, as graft runs list shows them")
      .action(
        action(
          async (context, _, ...ids) => (await load()).remove(context, ids),
          async (context, server, _, ...ids) => (await loadThere()).removeThere(context, server, ids),
        ),
      );
  },
};
