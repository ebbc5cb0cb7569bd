import type { Identity } from "@graft/api";
import { CoreError } from "@graft/core";
import { send } from "../edge/answer.ts";
import { wrongMethod } from "../edge/edge-error.ts";
import { type Exchange, isLoopback } from "../edge/exchange.ts";
import type { Metrics } from "../observe/metrics.ts";
import type { RawRoute } from "../raw/raw-route.ts";
import type { Operation } from "../rpc/operations.ts";
import { caRoutes } from "./ca-page.ts";
import { ENTER_PAGE } from "./enter-page.ts";
import { sendPage } from "./page.ts";
import { startPage } from "./start-page.ts";

export interface PageOptions {
  readonly operations: ReadonlyMap<string, Operation>;
  readonly raw: readonly RawRoute[];
  readonly version: string;
  readonly metrics: Metrics;
  readonly ca: () => string | undefined;
  /** @throws CoreError for a token that is not good. */
  readonly identify: (exchange: Exchange) => Promise<Identity | undefined>;
}

/** What is no part of the API: pages for people, and figures for Prometheus. Undefined where there is none. */
export function pageRoutes(options: PageOptions): (exchange: Exchange) => Promise<void> | undefined {
  const pages = new Map<string, (exchange: Exchange) => Promise<void> | void>([
    ["/", (exchange) => sendStart(exchange, options)],
    ["/enter", (exchange) => sendPage(exchange, ENTER_PAGE)],
    ["/metrics", (exchange) => sendMetrics(exchange, options)],
  ]);
  return (exchange) => {
    const page = pages.get(exchange.path) ?? caRoutes(options.ca()).get(exchange.path);
    if (page === undefined) return undefined;
    exchange.route = `page ${exchange.path}`;
    if (exchange.method !== "GET") throw wrongMethod(["GET"]);
    return Promise.resolve(page(exchange));
  };
}

/** A page shows itself to everybody; a token that is not good makes nobody of who shows it. */
async function sendStart(exchange: Exchange, options: PageOptions): Promise<void> {
  const identity = await options.identify(exchange).catch((error: unknown) => {
    if (error instanceof CoreError && error.code === "unauthorized") return undefined;
    throw error;
  });
  const { operations, raw, version, ca } = options;
  const { origin } = exchange;
  sendPage(exchange, startPage({ origin, version, identity, operations, raw, hasCa: ca() !== undefined }));
}

/** For this machine's own Prometheus, and admins. Behind a proxy every address is this machine's, so then it is for admins alone. */
async function sendMetrics(exchange: Exchange, { metrics, identify }: PageOptions): Promise<void> {
  const { headers } = exchange.request;
  const isNear =
    isLoopback(exchange.from) && headers.forwarded === undefined && headers["x-forwarded-for"] === undefined;
  const role = isNear ? "admin" : (await identify(exchange))?.token.role;
  if (role !== "admin")
    throw new CoreError(role === undefined ? "unauthorized" : "forbidden", {
      what: "Metrics are for admins, and for this machine itself.",
    });
  const text = await metrics.text();
  send(exchange, {
    status: 200,
    headers: ["content-type", metrics.contentType, "cache-control", "no-store"],
    body: text,
  });
}
