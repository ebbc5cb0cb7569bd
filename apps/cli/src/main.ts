#!/usr/bin/env node
import { CommanderError } from "commander";
import { errorMessage, exitCodeOf } from "./exit.ts";
import { createProgram } from "./program.ts";

try {
  await createProgram().parseAsync();
} catch (error) {
  // commander has printed its own message already
  if (!(error instanceof CommanderError)) process.stderr.write(`graft: ${errorMessage(error)}\n`);
  process.exitCode = exitCodeOf(error);
}
