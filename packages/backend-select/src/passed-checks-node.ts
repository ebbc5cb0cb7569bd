import { randomUUID } from "node:crypto";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { release } from "node:os";
import { dirname, join } from "node:path";
import { nvidiaDriverVersion } from "./gpu-signs-node.ts";
import type { PassedChecks } from "./self-check/check-once.ts";

/** HOME/engines/checks.json: the keys of what passed, newest last. */
const fileOf = (home: string): string => join(home, "engines", "checks.json");
const KEPT = 50;

/** What of this machine can change numbers. */
export const platformFacts = (): readonly string[] => [release(), nvidiaDriverVersion()];

/** A file that is absent or spoilt has no passed check: it is only a memory. */
async function readPassed(home: string): Promise<readonly string[]> {
  try {
    const content: unknown = JSON.parse(await readFile(fileOf(home), "utf8"));
    return Array.isArray(content) ? content.filter((key) => typeof key === "string") : [];
  } catch {
    return [];
  }
}

async function writePassed(home: string, keys: readonly string[]): Promise<void> {
  const file = fileOf(home);
  const temporary = `${file}.${randomUUID()}`;
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFile(temporary, `${JSON.stringify(keys, null, 1)}\n`, { flush: true });
    await rename(temporary, file);
  } catch {
    await rm(temporary, { force: true }).catch(() => undefined); // a home that cannot be written: checked again next time
  }
}

/** The passed checks of a home. */
export const passedChecksOf = (home: string): PassedChecks => ({
  has: async (key) => (await readPassed(home)).includes(key),
  add: async (key) => {
    const others = (await readPassed(home)).filter((other) => other !== key);
    await writePassed(home, [...others, key].slice(-KEPT));
  },
});
