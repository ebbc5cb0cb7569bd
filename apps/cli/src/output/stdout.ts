import { visibleLines } from "@graft/core";
import { inFlags } from "../options/flag-text.ts";
import { jsonText } from "./json-text.ts";

/**
 * Results go to stdout, everything else to stderr, so that a pipe gets results only. For people: a name from a disk or
 * an archive that holds commands to the terminal is shown, not obeyed; options are named by their flags.
 */
export function print(text: string): void {
  printData(visibleLines(inFlags(text)));
}

/** For programs: as it is, in a format with its own quoting. */
export function printData(text: string): void {
  process.stdout.write(`${text}\n`);
}

/** One object a line. @param value plain JSON, in which a Map is an object in the Map's order. */
export function printJson(value: unknown): void {
  printData(jsonText(value));
}
