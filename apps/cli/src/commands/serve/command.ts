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
        new Option(
          "--workers <count>",
          "processes that train; they share the cores; 0: only other computers train (default: 1)",
        ).argParser(wholeNumber(0, 256)),
      )
      .option(
        "--lan",
        "let phones and computers of this network in, with a certificate made for this machine",
      )
      .option("--tls-cert <file>", "certificate with its chain (PEM)")
      .option("--tls-key <file>", "key of the certificate (PEM)")
      .option(
        "--insecure",
        "let other computers in without encryption: the network can then read tokens and pictures",
      )
      .addOption(
        new Option(
          "--host-name <name>",
          "another name that browsers may use for it; may be given again",
        ).argParser(each),
      )
      .option(
        "--trust-proxy <who>",
        "proxies whose X-Forwarded-For is believed: addresses, networks, or how many",
      )
      .addOption(
        new Option(
          "--allow-origin <origin>",
          "website whose pages may call it, such as https://example.org; may be given again",
        ).argParser(each),
      )
      .option("--worker-token <file>", "write a token there for graft worker on other computers")
      .option(
        "--blobs <place>",
        "where images and models are kept: a folder or s3://… (default: HOME/server/blobs)",
      )
      .addOption(
        new Option(
          "--log-level <level>",
          "how much the log on stderr tells (default: warn in a terminal, else info)",
        ).choices(LEVELS),
      )
      .addHelpText(
        "after",
        "\nIt prints the address to open. The admin's token is in it at the first start, and at every start in a terminal; graft server token\nprints it again. The store is in the home, or in the PostgreSQL that DATABASE_URL names. Ctrl-C ends the server: trainings are\nstopped at a checkpoint, and go on at the next start.",
      )
      .action(action(async (context, flags) => (await import("./action.ts")).serve(context, flags))),
};
