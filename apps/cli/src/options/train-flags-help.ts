/** What `--help` says of the options of a training; words and defaults live in core's config/config.ts. */
import type { TrainOption } from "@graft/core";
import { inFlags } from "./flag-text.ts";

/** A default as people say it; undefined where there is none. */
function spoken(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "off";
  return typeof value === "object" ? "on" : String(value);
}

/** "images in one step (default: 32; classic: 20)" */
export function helpText({ values, help, otherwise, defaults }: TrainOption): string {
  if (values.kind === "switch") return inFlags(help);
  const usual = spoken(defaults.gap) ?? otherwise;
  const ofClassic = spoken(defaults.classic) ?? otherwise;
  const both = ofClassic === usual ? `${usual}` : `${usual}; classic: ${ofClassic}`;
  return `${inFlags(help)} (default: ${both})`;
}

/** What stands for the value in `--name <value>`: its unit where one word says it. */
export function valueName({ values, unit }: TrainOption): string {
  if (values.kind === "pair") return "min,max";
  return unit ?? (values.kind === "number" ? "number" : "name");
}
