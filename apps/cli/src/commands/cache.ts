import { cacheStatus, pruneCache } from "@graft/core/node";
import { featureFolder } from "../feature-folder.ts";
import { print, printJson } from "../output/stdout.ts";
import { byteSize, table } from "../output/text.ts";
import type { CommandContext, Flags } from "../program.ts";

/** `graft cache show`: what the features of earlier runs take. */
export async function show({ environment, json }: CommandContext): Promise<void> {
  const folder = featureFolder(environment.home);
  const { bytes, entries, spaces } = await cacheStatus(folder);
  if (json) {
    printJson({ folder, bytes, entries, spaces });
    return;
  }
  print(`${folder}: ${byteSize(bytes)}, ${entries} features`);
  if (spaces.length === 0) return;
  const rows = spaces.map(({ space, bytes: size, entries: count, lastUsed }) => [
    space ? `${space.cut} at ${space.rule.size}` : "not readable",
    space ? `${space.pool === "avg" ? "averaged" : "whole"}${space.augmentation ? ", augmented" : ""}` : "",
    space?.backend ?? "",
    String(count),
    byteSize(size),
    new Date(lastUsed).toISOString().slice(0, 16).replace("T", " "),
  ]);
  print(`\n${table([["features", "", "engine", "entries", "size", "last used (UTC)"], ...rows])}`);
}

/** `graft cache prune [--max-bytes SIZE]`: least recently used first. */
export async function prune({ environment, json }: CommandContext, flags: Flags): Promise<void> {
  const maxBytes = Number(flags.maxBytes);
  const result = await pruneCache(featureFolder(environment.home), { maxBytes });
  if (json) {
    printJson(result);
    return;
  }
  const { freedBytes, freedEntries, keptForLiveRuns } = result;
  print(`Freed ${byteSize(freedBytes)} (${freedEntries} features).`);
  if (keptForLiveRuns > 0)
    print(`${byteSize(keptForLiveRuns)} above the limit stay: runs that are going on need them.`);
}
