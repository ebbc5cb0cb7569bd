import { resolve } from "node:path";
import { packageVersion } from "../../environment/package-version.ts";
import { nextCommand } from "../../environment/self-command.ts";
import { UsageError } from "../../exit/exit-codes.ts";
import { postgresUrl } from "../../options/postgres-url.ts";
import { print, printJson } from "../../output/stdout.ts";
import { byteSize, table } from "../../output/text.ts";
import { checkOutFile } from "../../places/out-path.ts";
import type { Credentials } from "../../server/credentials.ts";
import type { CommandContext, Flags } from "../../session/context.ts";
import { loadServer } from "../serve/load-server.ts";
import { begin, placeOf } from "./work.ts";

const PHASES = {
  ...{ writing: "Writing the backup", checking: "Checking the backup" },
  ...{ blobs: "Bringing images and models", rows: "Bringing rows" },
} as const;

/** `graft server backup FILE` */
export async function backup(
  context: CommandContext,
  flags: Flags,
  file: string,
  there: Credentials | undefined,
): Promise<void> {
  await checkOutFile(file, flags.force === true, "FILE");
  const { backUpHome, fetchBackup } = await loadServer();
  using work = begin(context);
  const options = {
    signal: work.signal,
    onProgress: (progress: { phase: "writing" | "checking"; done: number; total: number }) =>
      work.tell(PHASES[progress.phase])(progress),
  };
  const manifest = there
    ? await fetchBackup(file, there, options)
    : await backUpHome(file, placeOf(context, flags, work), { ...options, version: packageVersion() });
  work.line.clear();
  const { madeAt, tables, blobs } = manifest;
  if (context.json) {
    printJson({ file: resolve(file), madeAt, tables, blobs });
    return;
  }
  const rows = tables.reduce((sum, each) => sum + each.rows, 0);
  print(
    `${resolve(file)}: ${rows} rows, ${blobs.count} images and other files (${byteSize(blobs.bytes)}), of ${madeAt}`,
  );
}

/** `graft server restore FILE` */
export async function restore(context: CommandContext, flags: Flags, file: string): Promise<void> {
  const { restoreBackup } = await loadServer();
  using work = begin(context);
  const restored = await restoreBackup(file, placeOf(context, flags, work), {
    signal: work.signal,
    onProgress: (progress) => work.tell(PHASES[progress.phase])(progress),
  });
  work.line.clear();
  const { manifest, tables, store, blobs } = restored;
  if (context.json) {
    printJson({ store, blobs: { place: blobs, ...manifest.blobs }, madeAt: manifest.madeAt, tables });
    return;
  }
  const rows = tables.reduce((sum, each) => sum + each.rows, 0);
  print(`${rows} rows into ${store}`);
  print(`${manifest.blobs.count} images and other files (${byteSize(manifest.blobs.bytes)}) into ${blobs}`);
  print(
    `All of them as they were on ${manifest.madeAt}. Next: ${nextCommand(context.environment, ["serve"])}`,
  );
}

/** `graft server migrate-store --to STORE` */
export async function migrate(context: CommandContext, flags: Flags): Promise<void> {
  const target = targetOf(flags.to);
  const { migrateStore } = await loadServer();
  using work = begin(context);
  const migrated = await migrateStore(placeOf(context, flags, work), target, {
    signal: work.signal,
    onProgress: ({ table: name, rows }) => work.line.status(`Copying rows  ${name} ${rows}`),
  });
  work.line.clear();
  const { from, to, blobs, tables } = migrated;
  if (context.json) {
    printJson(migrated);
    return;
  }
  const lines = tables.map((each) => [
    ...[each.from.table, String(each.from.rows), each.from.hash.slice(0, 16)],
    ...[String(each.to.rows), each.to.hash.slice(0, 16)],
  ]);
  print(table([["table", "rows before", "sha256", "rows now", "sha256"], ...lines]));
  print(`\nThe rows are in ${to} now. ${from} stays as it is; remove it when you no longer want it.`);
  print(`Images and models stay in ${blobs}.`);
  const where = target === "home" ? "without DATABASE_URL" : "with DATABASE_URL set to the new store";
  print(`Start the server ${where}: ${nextCommand(context.environment, ["serve"])}`);
}

/** @throws UsageError */
function targetOf(to: unknown): "home" | { readonly databaseUrl: string } {
  const text = typeof to === "string" ? to.trim() : "";
  if (text === "home") return "home";
  const databaseUrl = postgresUrl(text, "--to", ["home"]);
  if (databaseUrl !== undefined) return { databaseUrl };
  throw new UsageError("--to: name a store: postgres://USER:PASSWORD@HOST/DATABASE, or home.");
}
