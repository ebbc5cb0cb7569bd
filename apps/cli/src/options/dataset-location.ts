import { existsSync } from "node:fs";
import { basename, resolve } from "node:path";
import { parseLabelsFrom, type TrainConfig, visibleText } from "@graft/core";
import { KNOWN_SET_NAMES } from "@graft/core/node";
import { UsageError } from "../exit/exit-codes.ts";

/** A data set's name as typed → what finds it again from any folder, and a short name for people. */
export function datasetLocation(name: string): { readonly location: string; readonly shortName: string } {
  // a known set's name stays as it is; openDataset gives it precedence over a folder of that name, too
  if (!existsSync(name) || KNOWN_SET_NAMES.includes(name)) return { location: name, shortName: name };
  const location = resolve(name);
  return { location, shortName: basename(location) || location };
}

/**
 * Asks what is meant where a word that was typed names a known set and a folder or file beside.
 * @throws UsageError
 */
export function checkTypedDataset(name: string): void {
  if (!KNOWN_SET_NAMES.includes(name) || !existsSync(name)) return;
  throw new UsageError(
    `${visibleText(name)} is a folder or file here and a known set too. Expected: ./${visibleText(name)} for what is here; for the set, run the command in another folder.`,
  );
}

/** What a training's options say of how its data set is opened. */
export function datasetOptions({
  groupPrefix,
  labelsFrom,
}: Pick<TrainConfig, "groupPrefix" | "labelsFrom">): {
  readonly groupPrefix: boolean;
  readonly labelsFrom: string | undefined;
} {
  return { groupPrefix, labelsFrom };
}

/** `--weights` as typed → what finds the same file again from any folder. */
function weightsLocation(name: string): string {
  return !["auto", "bundled", "imagenet"].includes(name) && existsSync(name) ? resolve(name) : name;
}

/** `--labels-from` as typed → what finds the same table again from any folder. */
function labelsLocation(text: string): string {
  const from = parseLabelsFrom(text, existsSync);
  if (from.type !== "file" || !existsSync(from.path)) return text;
  const column = from.column === undefined ? "" : `:${from.column}`;
  return `${resolve(from.path)}${column}`;
}

/** The options with files as they are found from any folder. */
export function placedConfig(config: TrainConfig): TrainConfig {
  const { weights, labelsFrom } = config;
  return {
    ...{ ...config, weights: weightsLocation(weights) },
    ...(labelsFrom === undefined ? {} : { labelsFrom: labelsLocation(labelsFrom) }),
  };
}
