/**
 * The options of a training as data: what a flag, a field of a form and an API's description are made from. Read off
 * `trainConfigSchema`, so that an option is told of in one place alone.
 */
import * as z from "zod";
import { type TrainConfig, trainConfigSchema } from "./config.ts";
import { parseTrainConfig } from "./parse-config.ts";

export type OptionKey = keyof TrainConfig;
/** A text or more for each option, as an edge has them: one that lacks an option does not compile. */
export type OptionWords<Words> = Readonly<Record<OptionKey, Words>>;

/** An end of what is allowed. */
export interface OptionLimit {
  readonly value: number;
  /** False where the value itself is not allowed any more. */
  readonly isIncluded: boolean;
}

/** What an option's values are. */
export type OptionValues =
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | {
      readonly kind: "number";
      readonly isWhole: boolean;
      readonly minimum: OptionLimit | undefined;
      readonly maximum: OptionLimit | undefined;
      /** What may stand in the number's place, such as "online". */
      readonly words: readonly string[];
    }
  | { readonly kind: "switch" }
  | { readonly kind: "text" }
  /** Two numbers. */
  | { readonly kind: "pair" }
  /** Options of their own. */
  | { readonly kind: "group"; readonly fields: readonly OptionInfo[] };

export interface OptionInfo<Key extends string = string> {
  readonly key: Key;
  readonly values: OptionValues;
  /** True for what can be off: null. */
  readonly isNullable: boolean;
  /** What it does, in core's words; names other options as texts do (`renderOptions`). */
  readonly help: string;
  readonly unit: string | undefined;
  /** What an option that has no default means when it is not given. */
  readonly otherwise: string | undefined;
}

export interface TrainOption extends OptionInfo<OptionKey> {
  /** Its value where none is given, for each recipe; undefined for an option that has none. */
  readonly defaults: Readonly<Record<TrainConfig["recipe"], TrainConfig[OptionKey]>>;
}

type Node = z.core.JSONSchema.BaseSchema;

const nodesOf = (schemas: Readonly<Record<string, boolean | Node>> = {}): [string, Node][] =>
  Object.entries(schemas).map(([key, schema]) => [key, typeof schema === "object" ? schema : {}]);

/** @param excluded a truth value in drafts of JSON Schema older than the one zod writes. */
function limitOf(
  included: number | undefined,
  excluded: number | boolean | undefined,
): OptionLimit | undefined {
  if (typeof excluded === "number") return { value: excluded, isIncluded: false };
  return included === undefined ? undefined : { value: included, isIncluded: true };
}

function valuesOf(node: Node): OptionValues {
  const { anyOf, enum: choices, type } = node;
  if (anyOf !== undefined) {
    const [first = {}, ...words] = anyOf.filter((each) => each.type !== "null");
    const values = valuesOf(first);
    return values.kind === "number" ? { ...values, words: words.map((each) => String(each.const)) } : values;
  }
  if (choices !== undefined) return { kind: "choice", choices: choices.map(String) };
  if (type === "boolean") return { kind: "switch" };
  if (type === "string") return { kind: "text" };
  if (type === "array" && node.prefixItems?.length === 2) return { kind: "pair" };
  if (type === "object") return { kind: "group", fields: nodesOf(node.properties).map(infoOf) };
  if (type !== "number" && type !== "integer")
    throw new TypeError(`no kind of option is written as ${JSON.stringify(node)}`);
  return {
    kind: "number",
    isWhole: type === "integer",
    minimum: limitOf(node.minimum, node.exclusiveMinimum),
    maximum: limitOf(node.maximum, node.exclusiveMaximum),
    words: [],
  };
}

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);

function infoOf<Key extends string>([key, node]: readonly [Key, Node]): OptionInfo<Key> {
  return {
    key,
    values: valuesOf(node),
    isNullable: node.anyOf?.some((each) => each.type === "null") ?? false,
    help: node.description ?? key,
    unit: textOf(node.unit),
    otherwise: textOf(node.otherwise),
  };
}

const isOptionKey = (key: string): key is OptionKey => key in trainConfigSchema.shape;

/** Every option of a training, in the schema's order. */
export function trainOptions(): readonly TrainOption[] {
  const { properties } = z.toJSONSchema(trainConfigSchema, { io: "input" });
  const [gap, classic] = [parseTrainConfig({ recipe: "gap" }), parseTrainConfig({ recipe: "classic" })];
  return nodesOf(properties).flatMap(([key, node]) => {
    if (!isOptionKey(key)) return [];
    // the recipe itself is gap where none is given
    const ofClassic = key === "recipe" ? gap : classic;
    return [{ ...infoOf([key, node] as const), defaults: { gap: gap[key], classic: ofClassic[key] } }];
  });
}
