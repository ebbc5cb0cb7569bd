import { sendJson } from "../edge/answer.ts";
import { wrongMethod } from "../edge/edge-error.ts";
import type { Exchange } from "../edge/exchange.ts";

/** Whether work can be done: undefined; else why not, in a sentence. */
export type Readiness = () => Promise<string | undefined>;

const ALIVE = "/health/live";

/** One question, under the name that probes ask first and under the one that says what is asked. */
const READY: ReadonlySet<string> = new Set(["/health", "/health/ready"]);

/**
 * /health/live: the process answers. /health, and /health/ready: it also takes requests and reaches its store, so that a
 * balancer may send some. All are for everybody and say nothing of what is inside.
 */
export function healthRoute(readiness: Readiness): (exchange: Exchange) => Promise<void> | undefined {
  return (exchange) => {
    if (isAlive(exchange)) return Promise.resolve();
    if (exchange.path !== ALIVE && !READY.has(exchange.path)) return undefined;
    exchange.route = "health.ready";
    if (exchange.method !== "GET") throw wrongMethod(["GET"]);
    return ready(exchange, readiness);
  };
}

/** Answers who asks whether the process is alive. @returns false for another question */
export function isAlive(exchange: Exchange): boolean {
  if (exchange.method !== "GET" || exchange.path !== ALIVE) return false;
  exchange.route = "health.live";
  sendJson(exchange, 200, '{"status":"alive"}');
  return true;
}

async function ready(exchange: Exchange, readiness: Readiness): Promise<void> {
  const reason = await readiness();
  if (reason === undefined) sendJson(exchange, 200, '{"status":"ready"}');
  else sendJson(exchange, 503, JSON.stringify({ status: "not ready", reason }));
}
