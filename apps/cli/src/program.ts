import { Command } from "commander";
import { benchCommand } from "./commands/bench/command.ts";
import { cacheCommand } from "./commands/cache/command.ts";
import { completionCommand } from "./commands/completion/command.ts";
import { datasetsCommand } from "./commands/datasets/command.ts";
import type { CommandDeclaration } from "./commands/declaration.ts";
import { demoCommand } from "./commands/demo/command.ts";
import { doctorCommand } from "./commands/doctor/command.ts";
import { enginesCommand } from "./commands/engines/command.ts";
import { evaluateCommand } from "./commands/evaluate/command.ts";
import { exportCommand } from "./commands/export/command.ts";
import { featuresCommand } from "./commands/features/command.ts";
import { inspectCommand } from "./commands/inspect/command.ts";
import { loginCommand } from "./commands/login/command.ts";
import { logoutCommand } from "./commands/logout/command.ts";
import { lrFindCommand } from "./commands/lr-find/command.ts";
import { predictCommand } from "./commands/predict/command.ts";
import { runsCommand } from "./commands/runs/command.ts";
import { searchesCommand } from "./commands/searches/command.ts";
import { serveCommand } from "./commands/serve/command.ts";
import { serverCommand } from "./commands/server/command.ts";
import { sweepCommand } from "./commands/sweep/command.ts";
import { trainCommand } from "./commands/train/command.ts";
import { weightsCommand } from "./commands/weights/command.ts";
import { workerCommand } from "./commands/worker/command.ts";
import { packageVersion } from "./environment/package-version.ts";
import { globalOptionsOf } from "./options/global-help.ts";

/** What the script of a shell asks for answers, `graft complete -- WORDS…`: not in the help. */
const ANSWER = "complete";

/** In the order of `graft --help`. */
const COMMANDS: readonly CommandDeclaration[] = [
  ...[trainCommand, evaluateCommand, predictCommand, exportCommand],
  ...[sweepCommand, lrFindCommand, featuresCommand, inspectCommand],
  ...[runsCommand, datasetsCommand, searchesCommand, weightsCommand, cacheCommand, enginesCommand],
  ...[serveCommand, serverCommand, workerCommand, loginCommand, logoutCommand],
  ...[doctorCommand, benchCommand, demoCommand, completionCommand],
];

/**
 * The whole command tree. The config schema is loaded only when `words` name a command that has its flags, or ask what
 * completes a command line, which may be of any; the library that answers that is loaded then only, too.
 * @param words the command line after `graft`.
 */
export async function createProgram(words: readonly string[]): Promise<Command> {
  const withTrainFlags = COMMANDS.filter(({ trainFlags }) => trainFlags).map(({ name }) => name);
  const answers = words.includes(ANSWER);
  const needsTrainFlags = answers || withTrainFlags.some((name) => words.includes(name));
  const known = needsTrainFlags ? await import("./options/train-flags.ts") : undefined;
  const program = new Command("graft")
    .description(
      "Transfer learning that anyone can run: a folder of images in, a model that works everywhere out.",
    )
    .version(packageVersion(), "-V, --version")
    .option("--home <folder>", "where runs, caches and weights are kept (default: GRAFT_HOME, else ~/.graft)")
    .option(
      "--server <address>",
      "do this on a graft server (GRAFT_SERVER, else where graft login signed in)",
    )
    .option("--token <token>", "the token that lets you in there (GRAFT_TOKEN)")
    .option("--local", "do this on this computer, although you are signed in to a server")
    .option("--json", "one JSON object a line on stdout instead of text")
    // each command's page names them, too: nobody finds --server on the first page alone
    .configureHelp({ showGlobalOptions: true, visibleGlobalOptions: globalOptionsOf })
    .showHelpAfterError("(graft --help lists the commands)")
    .showSuggestionAfterError()
    .enablePositionalOptions(false)
    .exitOverride()
    .addHelpText(
      "after",
      "\nStart with:  graft demo      a model from embedded images, in about a minute\n             graft train FOLDER   FOLDER has one sub-folder of images for each class",
    );
  for (const { name, declare, trainFlags, trainFlagsOf, trainFlagsChange = false } of COMMANDS) {
    // the library that answers declares this one, too
    if (answers && name === completionCommand.name) continue;
    const command = program.command(name);
    declare(command);
    const flagged = trainFlagsOf ? command.commands.find((one) => one.name() === trainFlagsOf) : command;
    if (known && trainFlags && flagged)
      known.addTrainFlags(flagged, trainFlags(known), { isChange: trainFlagsChange });
  }
  if (answers) (await import("./completion/completion.ts")).addCompletion(program);
  return program;
}
