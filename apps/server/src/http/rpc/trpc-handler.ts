/**
 * tRPC over HTTP as its clients speak it: calls, batches, subscriptions. Its own adapter makes a `Request`, a `Response` and
 * two streams for each call; this one answers from the message itself (`test/bench/bench-http.ts` has the figures). Answers
 * in pieces (`httpBatchStreamLink`) are left to tRPC's own code.
 */
import type { ApiContext } from "@graft/api";
import { type AnyTRPCRouter, TRPCError } from "@trpc/server";
import { resolveResponse } from "@trpc/server/http";
import type { HttpLimits } from "../access/limits.ts";
import { answerHeaders, sendJson } from "../edge/answer.ts";
import { EdgeError } from "../edge/edge-error.ts";
import type { Exchange } from "../edge/exchange.ts";
import { parseJson, readJson } from "../edge/read-body.ts";
import { errorHeaders, rpcErrorShape, statusOf } from "../edge/send-error.ts";
import { call } from "./call.ts";
import { type EventSender, rpcEvents, sendFailedEvents } from "./events.ts";
import { noteDeprecation } from "./note-deprecation.ts";
import type { Operation } from "./operations.ts";
import { pipeOut } from "./pipe-out.ts";

export interface TrpcOptions {
  readonly router: AnyTRPCRouter;
  readonly operations: ReadonlyMap<string, Operation>;
  readonly limits: HttpLimits;
  readonly events: EventSender;
  /** Told of every call that failed. */
  readonly onError: (exchange: Exchange, error: unknown) => void;
}

/**
 * Answers a call.
 * @param names what is behind /api/v1/trpc/, as it was sent.
 * @param context who calls; it is asked for once it is known what is called.
 */
export type TrpcHandler = (
  exchange: Exchange,
  names: string,
  context: () => Promise<ApiContext>,
) => Promise<void>;

const NO_QUERY = new URLSearchParams();

export function trpcHandler({ router, operations, limits, events, onError }: TrpcOptions): TrpcHandler {
  const body = (exchange: Exchange): Promise<unknown> =>
    readJson(exchange, { maxBytes: limits.jsonBytes, maxMs: limits.jsonMs });

  /** @throws TRPCError for a name that is none, and a method that is not for it. */
  function operationAt(exchange: Exchange, name: string): Operation {
    const operation = operations.get(name);
    if (!operation)
      throw new TRPCError({ code: "NOT_FOUND", message: `There is no procedure "${name.slice(0, 100)}".` });
    // a question may be sent as a POST (`methodOverride`), a change never as a GET
    if (exchange.method !== "POST" && (exchange.method !== "GET" || operation.type === "mutation"))
      throw new TRPCError({
        code: "METHOD_NOT_SUPPORTED",
        message: `${name} is a ${operation.type}: it takes no ${exchange.method}.`,
      });
    noteDeprecation(exchange, operation);
    return operation;
  }

  async function single(
    exchange: Exchange,
    name: string,
    query: URLSearchParams,
    context: () => Promise<ApiContext>,
  ): Promise<void> {
    let operation: Operation | undefined;
    try {
      operation = operationAt(exchange, name);
      exchange.route = name;
      const ctx = await context();
      const input = exchange.method === "GET" ? inputOf(query) : await body(exchange);
      if (operation.type === "subscription") {
        const form = rpcEvents(limits.pingMs, (error) => rpcErrorShape(router, error, { path: name }));
        await events.send(exchange, { operation, input, query, ctx, form });
        return;
      }
      const data = await call(operation, () => input, { ctx, signal: exchange.signal });
      sendJson(exchange, 200, JSON.stringify({ result: { data } }));
    } catch (error) {
      onError(exchange, error);
      const shape = rpcErrorShape(router, error, { path: name, type: operation?.type });
      // a client of subscriptions reads errors from a stream alone
      if (operation?.type === "subscription")
        sendFailedEvents(
          exchange,
          rpcEvents(limits.pingMs, () => shape),
          error,
        );
      else sendJson(exchange, statusOf(error), JSON.stringify({ error: shape }), errorHeaders(error));
    }
  }

  async function batch(
    exchange: Exchange,
    names: readonly string[],
    query: URLSearchParams,
    context: () => Promise<ApiContext>,
  ): Promise<void> {
    exchange.route = "batch";
    if (names.length > limits.batch)
      throw new EdgeError(413, {
        what: "Too many calls are in one batch.",
        received: String(names.length),
        expected: `at most ${limits.batch}`,
      });
    const given = exchange.method === "GET" ? inputOf(query) : await body(exchange);
    if (given !== undefined && (typeof given !== "object" || given === null))
      throw new EdgeError(400, {
        what: "The inputs of a batch are no object.",
        expected: '{"0": …, "1": …}',
      });
    const ctx = await context();
    const inputs = new Map<string, unknown>(Object.entries(given ?? {}));
    const { signal } = exchange;
    const answers = await Promise.all(
      names.map(async (name, index) => {
        const input = inputs.get(String(index));
        let operation: Operation | undefined;
        try {
          operation = operationAt(exchange, name);
          if (operation.type === "subscription")
            throw new TRPCError({ code: "BAD_REQUEST", message: "A subscription cannot be in a batch." });
          const data = await call(operation, () => input, { ctx, batchIndex: index, signal });
          return { status: 200, route: name, answer: { result: { data } } };
        } catch (error) {
          onError(exchange, error);
          const shape = rpcErrorShape(router, error, { path: name, type: operation?.type });
          return { status: statusOf(error), route: operation ? name : "none", answer: { error: shape } };
        }
      }),
    );
    exchange.calls = answers;
    const [status = 200, ...others] = new Set(answers.map((each) => each.status));
    const text = JSON.stringify(answers.map(({ answer }) => answer));
    sendJson(exchange, others.length > 0 ? 207 : status, text);
  }

  /** A batch whose answers come one by one, as they are ready. */
  async function streamed(
    exchange: Exchange,
    names: string,
    context: () => Promise<ApiContext>,
  ): Promise<void> {
    exchange.route = "batch";
    for (const name of names.split(",")) {
      const operation = operations.get(name);
      if (operation) noteDeprecation(exchange, operation);
    }
    const { method, search } = exchange;
    const ctx = await context();
    const sent = method === "GET" ? undefined : JSON.stringify(await body(exchange));
    const response = await resolveResponse({
      ...{ router, path: names, error: null, maxBatchSize: limits.batch, createContext: async () => ctx },
      req: new Request(`http://graft/${names}?${search}`, {
        method,
        headers: { "content-type": "application/json", "trpc-accept": "application/jsonl" },
        ...(sent === undefined ? {} : { body: sent }),
        signal: exchange.signal,
      }),
      onError: ({ error }) => onError(exchange, error),
    });
    const headers = answerHeaders(exchange, [
      "content-type",
      response.headers.get("content-type") ?? "application/json",
      ...["cache-control", "no-store", "vary", "trpc-accept"],
    ]);
    exchange.response.writeHead(response.status, headers);
    await pipeOut(exchange, response.body ?? [], limits.idleMs);
  }

  return async (exchange, names, context) => {
    const query = exchange.search === "" ? NO_QUERY : new URLSearchParams(exchange.search);
    const name = names.includes("%") ? decodeNames(names) : names;
    const { "trpc-accept": accept } = exchange.request.headers;
    if (accept === "application/jsonl") await streamed(exchange, name, context);
    else if (query.get("batch") === "1") await batch(exchange, name.split(","), query, context);
    else await single(exchange, name, query, context);
  };
}

function decodeNames(names: string): string {
  try {
    return decodeURIComponent(names);
  } catch {
    throw new EdgeError(400, { what: "The name of the procedure cannot be read." });
  }
}

/** @throws EdgeError 400 */
function inputOf(query: URLSearchParams): unknown {
  const text = query.get("input");
  return text === null || text === "" ? undefined : parseJson(text, "`input`");
}
