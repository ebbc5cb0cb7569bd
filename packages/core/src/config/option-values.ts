/** What an option's values are, read off `trainConfigSchema` as JSON Schema: for flags, forms and errors. */
import * as z from "zod";
import { type TrainConfig, trainConfigSchema } from "./config.ts";

export type OptionKey = keyof TrainConfig;

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
export function optionInfos(): readonly OptionInfo<OptionKey>[] {
  const { properties } = z.toJSONSchema(trainConfigSchema, { io: "input" });
  return nodesOf(properties).flatMap(([key, node]) =>
    isOptionKey(key) ? [infoOf([key, node] as const)] : [],
  );
}

/** "a whole number from 75 to 2048", "gap or classic": what is expected. */
export function valuesText(values: OptionValues): string {
  switch (values.kind) {
    case "choice":
      return anyOf(values.choices);
    case "number":
      return anyOf([`a ${values.isWhole ? "whole " : ""}number${limitsText(values)}`, ...values.words]);
    case "switch":
      return "true or false";
    case "text":
      return "a text that is not empty";
    case "pair":
      return "two numbers";
    case "group":
      return `options of its own: ${values.fields.map(({ key }) => key).join(", ")}`;
    default:
      return values satisfies never;
  }
}

const anyOf = (words: readonly string[]): string =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;

function limitsText({ minimum, maximum }: Extract<OptionValues, { kind: "number" }>): string {
  const from = minimum && `${minimum.isIncluded ? "from" : "above"} ${minimum.value}`;
  // "from 0 to 1", but "from 0 and below 1"
  const to = maximum && (maximum.isIncluded ? `to ${maximum.value}` : `and below ${maximum.value}`);
  const words =
    minimum && !minimum.isIncluded && maximum?.isIncluded ? [from, "and at most", maximum.value] : [from, to];
  const told = words.filter((word) => word !== undefined);
  return told.length === 0 ? "" : ` ${told.join(" ")}`;
}
