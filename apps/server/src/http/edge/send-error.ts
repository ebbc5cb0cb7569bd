import { asRpcError, toldError } from "@graft/api";
import { CoreError } from "@graft/core";
import { type AnyTRPCRouter, getTRPCErrorShape, TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import { sendJson } from "./answer.ts";
import { EdgeError } from "./edge-error.ts";
import type { Exchange } from "./exchange.ts";

/** How long to wait where nobody said. */
const RETRY_SECONDS = 5;

/** The status of an answer that tells of an error. */
export function statusOf(error: unknown): number {
  if (error instanceof EdgeError) return error.status;
  return getHTTPStatusCodeFromError(asRpcError(causeOf(error)));
}

/** tRPC wraps what a service threw. */
export function causeOf(error: unknown): unknown {
  return error instanceof TRPCError && error.cause instanceof CoreError ? error.cause : error;
}

/** `{error: SerializedError}`: the one form of a refusal everywhere but under /api/v1/trpc. */
export const errorText = (error: unknown): string =>
  JSON.stringify({ error: toldError(asRpcError(causeOf(error))) });

/** What an answer that tells of an error says beside it. */
export function errorHeaders(error: unknown): readonly string[] {
  if (error instanceof EdgeError && error.headers.length > 0) return error.headers;
  const status = statusOf(error);
  if (status === 401) return ["www-authenticate", 'Bearer realm="graft"'];
  if (status === 429 || status === 503) return ["retry-after", String(retrySeconds(causeOf(error)))];
  return [];
}

function retrySeconds(error: unknown): number {
  const waitMs = error instanceof CoreError ? error.facts.retryAfterMs : undefined;
  return typeof waitMs === "number" ? Math.ceil(waitMs / 1000) : RETRY_SECONDS;
}

/** Answers with an error, whatever was thrown. */
export function sendError(exchange: Exchange, error: unknown): void {
  sendJson(exchange, statusOf(error), errorText(error), errorHeaders(error));
}

/** One call's error in the form that tRPC's clients read; its status is on the answer too. */
export function rpcErrorShape(
  router: AnyTRPCRouter,
  error: unknown,
  call: {
    readonly path?: string | undefined;
    readonly type?: "query" | "mutation" | "subscription" | undefined;
  } = {},
): unknown {
  const { path, type = "unknown" } = call;
  const shape: { data: { httpStatus: number } } = getTRPCErrorShape({
    ...{ config: router._def._config, error: asRpcError(causeOf(error)) },
    ...{ path, type, input: undefined, ctx: undefined },
  });
  return { ...shape, data: { ...shape.data, httpStatus: statusOf(error) } };
}

/** An error before any procedure ran, for a client of tRPC. */
export function sendRpcError(router: AnyTRPCRouter, exchange: Exchange, error: unknown): void {
  const text = JSON.stringify({ error: rpcErrorShape(router, error) });
  sendJson(exchange, statusOf(error), text, errorHeaders(error));
}
