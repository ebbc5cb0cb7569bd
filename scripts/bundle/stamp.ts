import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { version } from "esbuild";

/** What a bundle was made of, in `bundle/made-from.json`; `check-fresh.ts` reads `sources`. */
export interface Stamp {
  /** Of how it is made. */
  readonly tool: string;
  /** The compiler's own notes on what it built, in dist: they change whenever what it built from does. */
  readonly sources: Readonly<Record<string, { readonly mtimeMs: number; readonly sha256: string }>>;
  /** The bundle's files. */
  readonly files: readonly string[];
}

export const STAMP = "made-from.json";

/** Of tests, and of what no bundle holds. */
const ASIDE = /^(test|browser)\./;

const sha256 = (...parts: readonly (string | Uint8Array)[]): string => {
  const hash = createHash("sha256");
  for (const part of parts) hash.update(part);
  return hash.digest("hex");
};

function toolHash(folder: string): string {
  const scripts = readdirSync(import.meta.dirname).sort();
  const texts = scripts.map((name) => readFileSync(join(import.meta.dirname, name)));
  return sha256(version, readFileSync(join(folder, "package.json")), ...texts);
}

/** Read before the code is: what is built meanwhile makes the bundle old. @param folder of a built package. */
export function stampOf(folder: string): Omit<Stamp, "files"> {
  const names = readdirSync(join(folder, "dist")).filter(
    (name) => name.endsWith("tsbuildinfo") && !ASIDE.test(name),
  );
  const sources = names.sort().map((name) => {
    const path = join(folder, "dist", name);
    const { mtimeMs } = statSync(path);
    return [name, { mtimeMs, sha256: sha256(readFileSync(path)) }] as const;
  });
  return { tool: toolHash(folder), sources: Object.fromEntries(sources) };
}

export function readStamp(bundle: string): Stamp | undefined {
  try {
    return JSON.parse(readFileSync(join(bundle, STAMP), "utf8"));
  } catch {
    return undefined;
  }
}

/** Whether a bundle is what would be made again. */
export function isFresh(bundle: string, { tool, sources }: Omit<Stamp, "files">): boolean {
  const made = readStamp(bundle);
  return (
    made?.tool === tool &&
    // times as well: what runs asks them first
    JSON.stringify(made.sources) === JSON.stringify(sources) &&
    made.files.every((name) => existsSync(join(bundle, name)))
  );
}
