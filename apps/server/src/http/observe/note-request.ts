import type { Exchange } from "../edge/exchange.ts";
import type { Logger } from "./log.ts";
import type { Metrics } from "./metrics.ts";

/**
 * A line and the figures of a request that is over. Reads that went well are told at level "debug": a page of thumbnails is
 * two hundred of them. Of an address the path alone is told: what stands behind "?" may be anything.
 */
export function noteRequest(exchange: Exchange, log: Logger, metrics: Metrics): void {
  const { response, route, id, method, path, from, account, token, calls, isStream, bytesIn } = exchange;
  const status = response.headersSent ? response.statusCode : 499;
  const ms = performance.now() - exchange.startedAt;
  for (const call of calls ?? [{ route, status }])
    metrics.request(call.route, call.status, isStream ? undefined : ms / 1000);
  if (bytesIn > 0) metrics.bytesIn(route, bytesIn);
  const level = status >= 400 || method !== "GET" ? "info" : "debug";
  if (!log.isLevelEnabled(level)) return;
  const isCut = response.headersSent && !response.writableFinished;
  log[level](
    {
      ...{ request: id, route, method, path: path.slice(0, 500), status, ms: Math.round(ms * 10) / 10, from },
      ...(account === undefined ? {} : { account, token }),
      ...(isCut ? { isCut } : {}),
    },
    "request",
  );
}
