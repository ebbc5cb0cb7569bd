/** What `--help` says of the options of a training; words and defaults live in core's train/config.ts. */
import { RECIPE_DEFAULTS, type TrainConfig, trainConfigSchema } from "@graft/core";
import * as z from "zod";

/** The schema without its wrappers (default, optional, nullable). */
export function bareType(type: z.ZodType): z.ZodType {
  let inner: z.ZodType = type;
  while (inner instanceof z.ZodDefault || inner instanceof z.ZodOptional || inner instanceof z.ZodNullable) {
    const next = inner.unwrap();
    if (!(next instanceof z.ZodType)) break;
    inner = next;
  }
  return inner;
}

function metaText(key: keyof TrainConfig, field: "description" | "unit" | "otherwise"): string | undefined {
  const text = z.globalRegistry.get(trainConfigSchema.shape[key])?.[field];
  return typeof text === "string" ? text : undefined;
}

/** A default as people say it; undefined where there is none. */
function spoken(value: unknown): string | undefined {
  if (value === undefined) return undefined;
  if (value === null) return "off";
  return typeof value === "object" ? "on" : String(value);
}

/** "images in one step (default: 32; classic: 20)" */
export function helpText(key: keyof TrainConfig): string {
  const schema = trainConfigSchema.shape[key];
  const description = metaText(key, "description") ?? key;
  if (bareType(schema) instanceof z.ZodBoolean) return description;
  const usual = spoken(schema.safeParse(undefined).data) ?? metaText(key, "otherwise");
  const { classic } = RECIPE_DEFAULTS;
  const ofClassic = key in classic ? spoken(classic[key]) : usual;
  const both = ofClassic === usual ? `${usual}` : `${usual}; classic: ${ofClassic}`;
  return `${description} (default: ${both})`;
}

/** What stands for the value in `--name <value>`: its unit where one word says it. */
export function valueName(key: keyof TrainConfig): string {
  if (key === "inputRange") return "min,max";
  const unit = metaText(key, "unit");
  if (unit !== undefined) return unit;
  return bareType(trainConfigSchema.shape[key]) instanceof z.ZodNumber ? "number" : "name";
}
