import type * as z from "zod";
import { visibleText } from "./visible-text.ts";

/** What is wrong with one value of an input. */
export interface InputFault {
  /** Where it is: "images.0.name"; "" for the input itself. */
  readonly path: string;
  /** What it must be and what it is: "it must be a whole number, and is "many"". */
  readonly message: string;
}

type Issue = z.core.$ZodIssue;
type Path = readonly PropertyKey[];

/** How much of a text is shown. */
const SHOWN = 60;

const TYPES: Readonly<Record<string, string>> = {
  ...{ string: "a text", number: "a number", int: "a whole number", bigint: "a whole number" },
  ...{ boolean: "true or false", array: "a list", tuple: "a list", set: "a list", object: "an object" },
  ...{ record: "an object", map: "an object", date: "a time", nan: "no number", file: "a file" },
};

const FORMATS: Readonly<Record<string, string>> = {
  ...{ datetime: "a time such as 2027-03-01T12:00:00Z", date: "a date such as 2027-03-01" },
  ...{ url: "an address such as https://example.org", base64: "bytes in base64", json_string: "JSON" },
};

const cut = (text: string): string => (text.length > SHOWN ? `${text.slice(0, SHOWN)}…` : text);

/** A value in a few words; a long text by its length, so that no answer repeats it. */
function shown(value: unknown): string {
  if (typeof value === "string")
    return value.length > SHOWN ? `a text of ${value.length} characters` : `"${visibleText(value)}"`;
  if (Array.isArray(value)) return value.length === 0 ? "an empty list" : `a list of ${value.length}`;
  if (typeof value === "object" && value !== null) return "an object";
  return typeof value === "function" ? "a function" : String(value);
}

function valueAt(input: unknown, path: Path): unknown {
  let value = input;
  for (const key of path) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
    value = Reflect.get(value, key);
  }
  return value;
}

const anyOf = (names: readonly string[]): string => {
  const all = [...new Set(names)];
  const last = all.pop() ?? "";
  return all.length === 0 ? last : `${all.join(", ")} or ${last}`;
};

const literal = (value: unknown): string => (typeof value === "string" ? `"${value}"` : String(value));

/** What is counted of texts and lists; a number is none of them. */
const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = {
  ...{ string: ["character", "characters"], file: ["byte", "bytes"] },
  ...{ array: ["entry", "entries"], set: ["entry", "entries"], map: ["entry", "entries"] },
};

/** "have at least 3 characters", "be at most 200" */
function bound(issue: Extract<Issue, { code: "too_big" | "too_small" }>): string {
  const { origin, inclusive = true, exact = false } = issue;
  const isMost = issue.code === "too_big";
  const limit = isMost ? issue.maximum : issue.minimum;
  const [at, beyond] = isMost ? ["at most", "less than"] : ["at least", "more than"];
  const amount = `${exact ? "exactly" : inclusive ? at : beyond} ${limit}`;
  const unit = UNITS[origin]?.[Number(limit) === 1 ? 0 : 1];
  return unit === undefined ? `be ${amount}` : `have ${amount} ${unit}`;
}

function form(issue: Extract<Issue, { code: "invalid_format" }>): string {
  if (issue.format === "regex" && issue.pattern !== undefined) return `a text that matches ${issue.pattern}`;
  return FORMATS[issue.format] ?? `a text of the form ${issue.format}`;
}

/** What must hold, behind "it must"; undefined where the schema has words of its own, or none but that it is wrong. */
function rule(issue: Issue): string | undefined {
  switch (issue.code) {
    case "invalid_type":
      if (issue.expected === "never" || issue.expected === "undefined") return "be left out";
      return `be ${TYPES[issue.expected] ?? issue.expected}`;
    case "invalid_value":
      return `be ${anyOf(issue.values.map(literal))}`;
    case "too_big":
    case "too_small":
      return bound(issue);
    case "invalid_format":
      return `be ${form(issue)}`;
    case "not_multiple_of":
      return `be a multiple of ${issue.divisor}`;
    default:
      return undefined;
  }
}

/** Words of the library, which speak of its own types; a schema's words never begin so. */
const isLibrarys = (message: string): boolean =>
  /^(Invalid|Too (big|small)|Unrecognized)\b/.test(message) || message === "";

/** "it must be a text, and is 5"; a schema's own words, which begin with "it must" or are a sentence, likewise. */
function sentence(issue: Issue, input: unknown): string {
  const value = valueAt(input, issue.path);
  const must = isLibrarys(issue.message) ? rule(issue) : issue.message.match(/^it must (.*[^.])\.?$/)?.[1];
  if (must !== undefined) return mustText(must, value);
  return isLibrarys(issue.message)
    ? `it cannot be used, and is ${shown(value)}`
    : issue.message.replace(/\.$/, "");
}

const mustText = (must: string, value: unknown): string =>
  value === undefined ? `it is missing, and must ${must}` : `it must ${must}, and is ${shown(value)}`;

const under = (path: Path, issues: readonly Issue[]): Issue[] =>
  issues.map((issue) => ({ ...issue, path: [...path, ...issue.path] }));

/** The form that was meant: the one that the value is nearest to. */
function nearest(errors: readonly (readonly Issue[])[]): readonly Issue[] | undefined {
  const inside = errors.filter((issues) => issues.every(({ path }) => path.length > 0));
  return inside.toSorted((a, b) => a.length - b.length)[0];
}

function faultsOf(issue: Issue, input: unknown): readonly InputFault[] {
  const { path } = issue;
  const at = (inside: Path): string => inside.map((key) => visibleText(cut(String(key)))).join(".");
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((key) => ({ path: at([...path, key]), message: "there is nothing of this name" }));
  if (issue.code === "invalid_key" || issue.code === "invalid_element")
    return issue.issues.flatMap((inner) => {
      const [message = ""] = faultsOf({ ...inner, path: [] }, path.at(-1)).map((fault) => fault.message);
      return [{ path: at(path), message: issue.code === "invalid_key" ? `its name: ${message}` : message }];
    });
  if (issue.code === "invalid_union" && isLibrarys(issue.message)) {
    if ("options" in issue && issue.options)
      return [
        {
          path: at(path),
          message: mustText(`be ${anyOf(issue.options.map(literal))}`, valueAt(input, path)),
        },
      ];
    const meant = nearest(issue.errors);
    if (meant) return under(path, [...meant]).flatMap((inner) => faultsOf(inner, input));
    const rules = issue.errors.flatMap((errors) => {
      const must = errors.map((inner) => (inner.path.length === 0 ? rule(inner) : undefined))[0];
      return must?.startsWith("be ") ? [must.slice(3)] : [];
    });
    if (rules.length > 0)
      return [{ path: at(path), message: mustText(`be ${anyOf(rules)}`, valueAt(input, path)) }];
  }
  return [{ path: at(path), message: sentence(issue, input) }];
}

/**
 * What is wrong with an input, in graft's words: zod's own ("Invalid input: expected string, received undefined") are for who
 * writes programs with it.
 * @param input what was read.
 */
export function inputFaults({ issues }: z.ZodError, input: unknown): readonly InputFault[] {
  const faults = issues.flatMap((issue) => faultsOf(issue, input));
  // a number that is too large in two ways is told once
  return [...new Map(faults.map((fault) => [fault.path, fault])).values()];
}

/** How many faults are told; what is no input at all may have thousands. */
const TOLD = 5;

/**
 * {@link inputFaults} in a line: ""limit": it must be at most 200, and is 500; "name": it is missing, and must be a text".
 * @param mark around a path; options, which an edge says in its own way, stand in backticks.
 */
export function inputFaultsText(error: z.ZodError, input: unknown, mark = '"'): string {
  const faults = inputFaults(error, input);
  const told = faults
    .slice(0, TOLD)
    .map(({ path, message }) => (path === "" ? message : `${mark}${path}${mark}: ${message}`));
  return [...told, ...(faults.length > TOLD ? [`and ${faults.length - TOLD} more`] : [])].join("; ");
}
