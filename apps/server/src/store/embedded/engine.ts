import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { PGlite } from "@electric-sql/pglite";
import * as z from "zod";

/** PostgreSQL's version inside of PGlite: it opens the folders of this one alone. */
export const POSTGRES_MAJOR = "18";

const SETTINGS = [
  ...PGlite.defaultStartParams,
  // the system keeps the files' pages anyway: 100 MB less memory than PostgreSQL's usual 128 MB takes
  ...["-c", "shared_buffers=32MB"],
];

/** Opens a data folder, which is made where there is none. */
export const openEngine = (folder: string): Promise<PGlite> =>
  PGlite.create(folder, { startParams: SETTINGS });

/** Version of an installed package, whatever it lets others import. */
export function versionOf(name: string): string {
  const resolve = createRequire(import.meta.url).resolve;
  for (let folder = resolve(name); ; folder = join(folder, "..")) {
    const text = readOrNothing(join(folder, "package.json"));
    const facts = text === undefined ? undefined : manifestSchema.safeParse(JSON.parse(text)).data;
    if (facts?.name === name) return facts.version;
    if (folder === join(folder, "..")) throw new Error(`${name} has no package.json.`);
  }
}

const manifestSchema = z.object({ name: z.string(), version: z.string() });

function readOrNothing(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
