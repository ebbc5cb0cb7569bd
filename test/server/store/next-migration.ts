import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import * as z from "zod";
import { MIGRATIONS } from "../../../apps/server/src/store/migrate.ts";

const journalSchema = z.looseObject({
  entries: z.array(z.looseObject({ idx: z.number(), when: z.number() })),
});

/** Writes this version's changes of the store's form and one more, as the next version of graft has them. */
export async function writeNextMigrations(folder: string, sql: string): Promise<void> {
  await cp(MIGRATIONS, folder, { recursive: true });
  const path = join(folder, "meta/_journal.json");
  const journal = journalSchema.parse(JSON.parse(await readFile(path, "utf8")));
  const last = journal.entries.at(-1);
  if (!last) throw new Error("There is no migration.");
  const next = { ...last, idx: last.idx + 1, when: last.when + 1, tag: "9999_next" };
  await writeFile(path, JSON.stringify({ ...journal, entries: [...journal.entries, next] }));
  await writeFile(join(folder, "9999_next.sql"), sql);
}
