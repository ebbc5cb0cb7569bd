/** Results go to stdout, everything else to stderr, so that a pipe gets results only. */
export function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

export function printJson(value: unknown): void {
  print(JSON.stringify(value));
}
