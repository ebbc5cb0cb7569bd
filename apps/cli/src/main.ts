#!/usr/bin/env node
import { CommanderError } from "commander";
import { commanderExitCode, EXIT } from "./exit/exit-codes.ts";
import { createProgram } from "./program.ts";

// a reader that has seen enough (`graft predict … | head`) is no error
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE")
    process.stderr.write(`graft: The results cannot be written: ${error.message}.\n`);
  process.exit(error.code === "EPIPE" ? undefined : EXIT.failed);
});

// with nobody to read them, notes are lost and nothing else is
process.stderr.on("error", () => undefined);

try {
  const program = await createProgram(process.argv.slice(2));
  await program.parseAsync();
} catch (error) {
  if (error instanceof CommanderError) {
    // it has printed its own message already
    process.exitCode = commanderExitCode(error);
  } else {
    // loaded here only: `graft --help` needs none of it
    const { errorMessage, exitCodeOf } = await import("./exit/exit.ts");
    process.stderr.write(`graft: ${errorMessage(error)}\n`);
    process.exitCode = exitCodeOf(error);
  }
}
