import type { ApiMeta } from "@graft/api";
import type { AnyProcedure, AnyTRPCRouter } from "@trpc/server";
import * as z from "zod";

/** A procedure of the router, as a host needs it. */
export interface Operation {
  /** Its path in the router: "datasets.list". */
  readonly name: string;
  readonly type: "query" | "mutation" | "subscription";
  readonly meta: ApiMeta;
  /** Undefined: it takes none. */
  readonly input: z.ZodType | undefined;
  readonly output: z.ZodType;
  readonly procedure: AnyProcedure;
}

const METHODS: ReadonlySet<unknown> = new Set(["GET", "POST", "PATCH", "PUT", "DELETE"]);

function isMeta(value: unknown): value is ApiMeta {
  if (typeof value !== "object" || value === null) return false;
  const { summary, method, path, example }: Partial<ApiMeta> = value;
  return (
    typeof summary === "string" &&
    METHODS.has(method) &&
    typeof path === "string" &&
    typeof example === "object"
  );
}

/**
 * All procedures of a router, by name.
 * @throws TypeError for one that the document could not describe: without meta, without output, with more than one input.
 */
export function operationsOf(router: AnyTRPCRouter): ReadonlyMap<string, Operation> {
  const procedures: Readonly<Record<string, AnyProcedure>> = router._def.procedures;
  return new Map(Object.entries(procedures).map(([name, procedure]) => [name, operationOf(name, procedure)]));
}

function operationOf(name: string, procedure: AnyProcedure): Operation {
  // tRPC's types leave the output's schema out
  const { type, meta, inputs, output }: AnyProcedure["_def"] & { readonly output?: unknown } = procedure._def;
  if (!isMeta(meta)) throw new TypeError(`${name} has no meta that says method, path, summary and example`);
  if (!(output instanceof z.ZodType)) throw new TypeError(`${name} has no output schema`);
  const [input, ...others]: readonly unknown[] = inputs;
  if (others.length > 0) throw new TypeError(`${name} has several inputs; give it one`);
  if (input !== undefined && !(input instanceof z.ZodType))
    throw new TypeError(`${name} has an input that is no zod schema`);
  const isWrite = type === "mutation";
  if (isWrite === (meta.method === "GET"))
    throw new TypeError(`${name} is a ${type}, whose method cannot be ${meta.method}`);
  return { name, type, meta, input, output, procedure };
}
