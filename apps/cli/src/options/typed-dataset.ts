import { existsSync } from "node:fs";
import { visibleText } from "@graft/core";
import { KNOWN_SET_NAMES } from "@graft/core/node";
import { UsageError } from "../exit/exit-codes.ts";

/**
 * Asks what is meant where a word that was typed names a known set and a folder or file beside.
 * @throws UsageError
 */
export function checkTypedDataset(name: string): void {
  if (!KNOWN_SET_NAMES.includes(name) || !existsSync(name)) return;
  throw new UsageError(
    `${visibleText(name)} is both a folder or file here and a known set. Expected: ./${visibleText(name)} for what is here; for the set, run the command in another folder.`,
  );
}
