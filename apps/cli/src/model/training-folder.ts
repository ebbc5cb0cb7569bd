import { isAbsolute } from "node:path";
import type { RunFolder } from "@graft/core/node";

/** Folder of the images that a run was trained on; undefined for a set that is known by name. */
export function trainingFolder(run: RunFolder | undefined): string | undefined {
  const location = run?.record.dataset?.location;
  return typeof location === "string" && isAbsolute(location) ? location : undefined;
}
