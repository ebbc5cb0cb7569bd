/** Every procedure as an address of its own below /api/v1, as its meta says. */
import type { ApiContext } from "@graft/api";
import type { HttpLimits } from "../access/limits.ts";
import { sendJson } from "../edge/answer.ts";
import { notFound, wrongMethod } from "../edge/edge-error.ts";
import type { Exchange } from "../edge/exchange.ts";
import { readJson } from "../edge/read-body.ts";
import type { RawRoute } from "../raw/raw-route.ts";
import { call } from "./call.ts";
import { type EventSender, PLAIN_EVENTS } from "./events.ts";
import { jsonSchemaOf } from "./json-schema.ts";
import { noteDeprecation } from "./note-deprecation.ts";
import type { Operation } from "./operations.ts";
import { RestInput } from "./rest-input.ts";
import { RouteTable } from "./route-table.ts";

export interface RestOptions {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly raw: readonly RawRoute[];
  readonly limits: HttpLimits;
  readonly events: EventSender;
}

type Target =
  | { readonly kind: "operation"; readonly operation: Operation; readonly input: () => RestInput }
  | { readonly kind: "raw"; readonly route: RawRoute };

/**
 * Answers a request.
 * @param path what is behind /api/v1, as it was sent.
 * @param context who calls; it is asked for once it is known what is called.
 * @throws EdgeError, TRPCError, CoreError where nothing was answered yet.
 */
export type RestHandler = (
  exchange: Exchange,
  path: string,
  context: () => Promise<ApiContext>,
) => Promise<void>;

/** Made at the first request of an operation: the schemas of all would keep a server from its start for 0.2 s. */
function inputOf({ input }: Operation): () => RestInput {
  let made: RestInput | undefined;
  return () => {
    made ??= new RestInput(input ? jsonSchemaOf(input, "input") : {});
    return made;
  };
}

export function restHandler({ operations, raw, limits, events }: RestOptions): RestHandler {
  const table = new RouteTable<Target>([
    ...[...operations.values()].map((operation) => ({
      method: operation.meta.method,
      path: operation.meta.path,
      target: { kind: "operation" as const, operation, input: inputOf(operation) },
    })),
    ...raw.map((route) => ({
      ...{ method: route.method, path: route.path },
      target: { kind: "raw" as const, route },
    })),
  ]);
  return async (exchange, path, context) => {
    const match = table.find(exchange.method, path);
    if (match === undefined) throw notFound();
    if (!("target" in match)) throw wrongMethod(match);
    const { target, parts } = match;
    if (target.kind === "raw") {
      exchange.route = target.route.name;
      await target.route.answer({ exchange, parts, context });
      return;
    }
    const { operation } = target;
    exchange.route = operation.name;
    noteDeprecation(exchange, operation);
    const ctx = await context();
    const query = new URLSearchParams(exchange.search);
    const body =
      exchange.method === "GET"
        ? undefined
        : await readJson(exchange, { maxBytes: limits.jsonBytes, maxMs: limits.jsonMs });
    const input = target.input().from({ path: parts, query }, body);
    if (operation.type === "subscription")
      await events.send(exchange, { operation, input, query, ctx, form: PLAIN_EVENTS });
    else {
      const data = await call(operation, () => input, { ctx, signal: exchange.signal });
      sendJson(exchange, 200, JSON.stringify(data ?? null));
    }
  };
}
