import { visibleLines } from "@graft/core";

/**
 * Results go to stdout, everything else to stderr, so that a pipe gets results only. For people: a name from a disk or
 * an archive that holds commands to the terminal is shown, not obeyed.
 */
export function print(text: string): void {
  printData(visibleLines(text));
}

/** For programs: as it is, in a format with its own quoting. */
export function printData(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  printData(JSON.stringify(value));
}
