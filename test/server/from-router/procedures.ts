import { type ApiMeta, apiRouter } from "@graft/api";
import * as z from "zod";

/** A procedure of the router as it was declared. */
export interface Procedure {
  /** In the router: "datasets.list". */
  readonly path: string;
  readonly type: "query" | "mutation" | "subscription";
  readonly meta: ApiMeta | undefined;
  /** Undefined: it takes nothing. */
  readonly input: z.ZodType | undefined;
  readonly output: z.ZodType | undefined;
}

function procedureOf(path: string, declared: unknown): Procedure {
  const parts: unknown = Reflect.get(Object(declared), "_def");
  const { type, meta, inputs, output } = z
    .object({
      type: z.enum(["query", "mutation", "subscription"]),
      meta: z.custom<ApiMeta>().optional(),
      inputs: z.array(z.instanceof(z.ZodType)).max(1, "one input, so that the document can show it"),
      output: z.instanceof(z.ZodType).optional(),
    })
    .parse(parts);
  return { path, type, meta, input: inputs[0], output };
}

/** All that the router has, whoever made it. */
export const PROCEDURES: readonly Procedure[] = Object.entries(apiRouter._def.procedures).map(
  ([path, declared]) => procedureOf(path, declared),
);
