import { type CachePart, cacheFolders, cacheStatus, pruneCache } from "@graft/core/node";
import { UsageError } from "../../exit/exit-codes.ts";
import { print, printJson } from "../../output/stdout.ts";
import { byteSize, table } from "../../output/text.ts";
import type { CommandContext, Flags } from "../../session/context.ts";

const CACHE_PARTS = ["features", "archives"] as const satisfies readonly CachePart[];

const timeText = (time: number): string => new Date(time).toISOString().slice(0, 16).replace("T", " ");

/** "12 features", "1 archive" */
const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? "" : "s"}`;

/** `graft cache show`: what the features and the unpacked archives of earlier runs take. */
export async function show({ environment, json }: CommandContext): Promise<void> {
  const folders = cacheFolders(environment.home);
  const status = await cacheStatus(folders);
  const { bytes, entries, spaces, archives } = status;
  if (json) {
    printJson({ folder: folders.features, archiveFolder: folders.archives, ...status });
    return;
  }
  const features = counted(entries - archives.length, "feature");
  print(
    `${environment.home}: ${byteSize(bytes)}, ${features}, ${counted(archives.length, "unpacked archive")}`,
  );
  const rows = spaces.map(({ space, bytes: size, entries: count, lastUsed }) => [
    space ? `${space.cut} at ${space.rule.size}` : "not readable",
    space ? `${space.pool === "avg" ? "averaged" : "whole"}${space.augmentation ? ", augmented" : ""}` : "",
    space?.backend ?? "",
    String(count),
    byteSize(size),
    timeText(lastUsed),
  ]);
  if (rows.length > 0)
    print(`\n${table([["features", "", "engine", "entries", "size", "last used (UTC)"], ...rows])}`);
  const unpacked = archives.map(({ id, name, files, bytes: size, lastUsed, isLeased }) => [
    name ?? id.slice(0, 12),
    isLeased ? "in use" : "",
    String(files),
    byteSize(size),
    timeText(lastUsed),
  ]);
  if (unpacked.length > 0)
    print(`\n${table([["unpacked archive", "", "files", "size", "last used (UTC)"], ...unpacked])}`);
}

/** @throws UsageError for what a home's cache has not. */
function partIn(flags: Flags): CachePart | undefined {
  if (!Array.isArray(flags.only)) return undefined;
  const parts = flags.only.map((word) => CACHE_PARTS.find((part) => part === word));
  if (parts.includes(undefined))
    throw new UsageError(
      `--only: the cache has ${CACHE_PARTS.join(" and ")}. More can be freed on a server.`,
    );
  const [first, ...others] = new Set(parts);
  return others.length === 0 ? first : undefined;
}

/** `graft cache prune [--max-bytes SIZE] [--only KINDS]`: least recently used first. */
export async function prune({ environment, json }: CommandContext, flags: Flags): Promise<void> {
  const maxBytes = Number(flags.maxBytes);
  const result = await pruneCache(cacheFolders(environment.home), { maxBytes, only: partIn(flags) });
  if (json) {
    printJson(result);
    return;
  }
  const { freedBytes, freedEntries, freedArchives, keptForLiveRuns } = result;
  const features = counted(freedEntries - freedArchives, "feature");
  print(`Freed ${byteSize(freedBytes)} (${features}, ${counted(freedArchives, "unpacked archive")}).`);
  if (keptForLiveRuns > 0)
    print(`${byteSize(keptForLiveRuns)} above the limit stay: runs in progress need them.`);
}
