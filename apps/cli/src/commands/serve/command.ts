import { InvalidArgumentError, Option } from "commander";
import { action, type CommandDeclaration } from "../declaration.ts";

const LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"];

/** @throws InvalidArgumentError (wrong usage) */
function wholeNumber(least: number, most: number): (text: string) => number {
  return (text) => {
    const number = Number(text);
    if (/^\d+$/.test(text) && number >= least && number <= most) return number;
    throw new InvalidArgumentError(`Expected a whole number from ${least} to ${most}.`);
  };
}

const each = (text: string, before: readonly string[] = []): readonly string[] => [...before, text];

export const serveCommand: CommandDeclaration = {
  name: "serve",
  declare: (command) =>
    command
      .description("serve data sets, trainings and models to a class or a team, by one address")
      .addOption(
        new Option("--port <number>", "port to listen on (default: 4700, or a free one)").argParser(
          wholeNumber(0, 65_535),
        ),
      )
      .option("--bind <address>", "address to listen on (default: this machine alone)")
      .addOption(
        new Option("--workers <count>", "processes that train; they share the cores (default: 1)").argParser(
          wholeNumber(0, 256),
        ),
      )
      .option(
        "--lan",
        "let phones and computers of this network in, with a certificate made for this machine",
      )
      .option("--tls-cert <file>", "certificate with its chain (PEM)")
      .option("--tls-key <file>", "key of the certificate (PEM)")
      .option("--insecure", "let other machines in without encryption")
      .addOption(
        new Option("--host-name <name>", "another name that it goes by; may be given again").argParser(each),
      )
      .option(
        "--trust-proxy <who>",
        "proxies whose X-Forwarded-For is believed: addresses, networks, or how many",
      )
      .addOption(
        new Option("--allow-origin <origin>", "site whose pages may call it; may be given again").argParser(
          each,
        ),
      )
      .option("--worker-token <file>", "keep a token there for `graft worker` on other computers")
      .option(
        "--blobs <place>",
        "where images and models are kept: a folder or s3://… (default: HOME/server/blobs)",
      )
      .addOption(new Option("--log-level <level>", "of the log on stderr (default: info)").choices(LEVELS))
      .addHelpText(
        "after",
        "\nThe store is in the home, or in the PostgreSQL that DATABASE_URL names.\nCtrl-C ends it: trainings stop where they can be gone on from, and go on at the next start.",
      )
      .action(action(async (context, flags) => (await import("./action.ts")).serve(context, flags))),
};
