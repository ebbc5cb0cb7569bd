/** What happens to each request: who may ask at all, who asks, what answers, what is noted. */
import type { ApiContext, Identity, Services } from "@graft/api";
import type { AnyTRPCRouter } from "@trpc/server";
import { checkClient } from "./access/check-client.ts";
import { Entrance, type TokenReader } from "./access/entrance.ts";
import type { HttpLimits } from "./access/limits.ts";
import type { OpenStreams } from "./access/open-streams.ts";
import { send } from "./edge/answer.ts";
import { checkHost, checkOrigin, PREFLIGHT, type Sites } from "./edge/check-site.ts";
import { EdgeError, notFound } from "./edge/edge-error.ts";
import type { Exchange } from "./edge/exchange.ts";
import { sendError, sendRpcError, statusOf } from "./edge/send-error.ts";
import { healthRoute, type Readiness } from "./observe/health.ts";
import type { Logger } from "./observe/log.ts";
import type { Metrics } from "./observe/metrics.ts";
import { noteRequest } from "./observe/note-request.ts";
import { API_BASE } from "./openapi/document.ts";
import { documentRoute } from "./openapi/document-route.ts";
import { pageRoutes } from "./pages/page-routes.ts";
import type { RawRoute } from "./raw/raw-route.ts";
import { EventSender } from "./rpc/events.ts";
import { operationsOf } from "./rpc/operations.ts";
import { restHandler } from "./rpc/rest-handler.ts";
import { trpcHandler } from "./rpc/trpc-handler.ts";

export interface HandlerOptions {
  readonly router: AnyTRPCRouter;
  readonly services: Services;
  readonly tokens: TokenReader;
  readonly raw: readonly RawRoute[];
  readonly sites: Sites;
  readonly limits: HttpLimits;
  readonly version: string;
  readonly log: Logger;
  readonly metrics: Metrics;
  readonly streams: OpenStreams;
  readonly readiness: Readiness;
  /** PEM of the CA that clients must trust; undefined: they trust the certificate by themselves, or there is none. */
  readonly ca: () => string | undefined;
}

const TRPC_BASE = `${API_BASE}/trpc/`;

/** Answers requests; {@link HttpHandler.close} ends what stays open. Who asks is told by {@link HttpHandler.entrance}. */
export class HttpHandler {
  readonly #options: HandlerOptions;
  readonly entrance: Entrance;
  readonly #events: EventSender;
  readonly #identities = new WeakMap<Exchange, Promise<Identity | undefined>>();
  readonly #answer: (exchange: Exchange) => Promise<void> | void;

  constructor(options: HandlerOptions) {
    const { router, raw, limits, tokens, sites, streams } = options;
    this.#options = options;
    this.entrance = new Entrance(tokens, sites);
    const operations = operationsOf(router);
    this.#events = new EventSender({
      ...{ limits, streams },
      checkAgain: (exchange) => this.#checkAgain(exchange),
      onError: (exchange, error) => this.#noteError(exchange, error),
    });
    const common = { operations, raw, limits, events: this.#events };
    const trpc = trpcHandler({
      ...common,
      router,
      onError: (exchange, error) => this.#noteError(exchange, error),
    });
    const rest = restHandler(common);
    const document = documentRoute({ operations, raw, version: options.version });
    const pages = pageRoutes({ ...options, operations, identify: (exchange) => this.#identify(exchange) });
    const health = healthRoute(options.readiness);
    this.#answer = (exchange) => {
      const { path } = exchange;
      const context = (): Promise<ApiContext> => this.#context(exchange);
      if (path.startsWith(TRPC_BASE)) return trpc(exchange, path.slice(TRPC_BASE.length), context);
      if (path === `${API_BASE}/openapi.json`) return document(exchange);
      if (path.startsWith(`${API_BASE}/`)) return rest(exchange, path.slice(API_BASE.length), context);
      const page = health(exchange) ?? pages(exchange);
      if (page === undefined) throw notFound();
      return page;
    };
  }

  /** Ends streams: their clients come back to whoever serves next. */
  close(): void {
    this.#events.close();
  }

  /** Answers a request, whatever happens. */
  async handle(exchange: Exchange): Promise<void> {
    const { log, metrics, limits } = this.#options;
    const { request, response } = exchange;
    response.once("close", () => noteRequest(exchange, log, metrics));
    response.on("error", () => undefined);
    try {
      // Node passes over those above its limit without a word
      if (request.rawHeaders.length / 2 >= limits.headers)
        throw new EdgeError(431, {
          what: "The request has too many headers.",
          expected: `fewer than ${limits.headers}`,
        });
      checkHost(exchange, this.#options.sites);
      checkOrigin(exchange, this.#options.sites);
      if (exchange.method === "OPTIONS") {
        const isAllowed = exchange.headers.length > 0;
        send(exchange, { status: 204, headers: isAllowed ? PREFLIGHT : [] });
        return;
      }
      if (exchange.path.startsWith(`${API_BASE}/`)) checkClient(exchange, this.#options.version);
      await this.#answer(exchange);
    } catch (error) {
      this.#noteError(exchange, error);
      if (response.headersSent) response.destroy();
      else if (exchange.path.startsWith(TRPC_BASE)) sendRpcError(this.#options.router, exchange, error);
      else sendError(exchange, error);
    }
  }

  #identify(exchange: Exchange): Promise<Identity | undefined> {
    const known = this.#identities.get(exchange) ?? this.entrance.identify(exchange);
    this.#identities.set(exchange, known);
    return known;
  }

  async #context(exchange: Exchange): Promise<ApiContext> {
    const identity = await this.#identify(exchange);
    return { identity, services: this.#options.services, from: exchange.from, request: exchange.id };
  }

  /** @throws EdgeError */
  async #checkAgain(exchange: Exchange): Promise<void> {
    const identity = await this.#identify(exchange);
    if (identity === undefined || (await this.#options.tokens.isStillValid(identity))) return;
    throw new EdgeError(403, { what: "The token of this stream ended or was revoked." });
  }

  /** A defect is for who mends it: its stack goes into the log, and to no client. */
  #noteError(exchange: Exchange, error: unknown): void {
    if (statusOf(error) < 500) return;
    const { log } = this.#options;
    const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
    log.error({ request: exchange.id, route: exchange.route, err: cause }, "A request failed.");
  }
}
