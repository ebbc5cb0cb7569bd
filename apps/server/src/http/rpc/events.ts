/** Subscriptions as server-sent events: what tRPC's clients read, and plain ones for every other `EventSource`. */
import { type ApiContext, asRpcError, toldError } from "@graft/api";
import { isTrackedEnvelope } from "@trpc/server";
import type { HttpLimits } from "../access/limits.ts";
import type { OpenStreams } from "../access/open-streams.ts";
import { answerHeaders } from "../edge/answer.ts";
import type { Exchange } from "../edge/exchange.ts";
import { causeOf } from "../edge/send-error.ts";
import { call } from "./call.ts";
import type { Operation } from "./operations.ts";
import { drained } from "./pipe-out.ts";

/** How a stream says what is no event of its subscription; each text is a whole message. */
export interface EventForm {
  readonly start: string;
  readonly ping: string;
  /** No more events come: a client that comes back would see nothing new. */
  readonly end: string;
  readonly failed: (error: unknown) => string;
}

/** For any `EventSource`: events without a name, and at the end one that is called "end" or "failed". */
export const PLAIN_EVENTS: EventForm = {
  start: "retry: 1000\n: connected\n\n",
  ping: ": ping\n\n",
  end: "event: end\ndata: {}\n\n",
  failed: (error) =>
    `event: failed\ndata: ${JSON.stringify({ error: toldError(asRpcError(causeOf(error))) })}\n\n`,
};

/** As tRPC's client reads it (`stream/sse.ts` of @trpc/server 11.22.1). @param shape of an error, as JSON. */
export const rpcEvents = (pingMs: number, shape: (error: unknown) => unknown): EventForm => ({
  // it connects anew when it hears nothing for three pings
  start: `event: connected\ndata: ${JSON.stringify({ reconnectAfterInactivityMs: 3 * pingMs })}\n\n`,
  ping: "event: ping\ndata: \n\n",
  end: "event: return\ndata: \n\n",
  failed: (error) => `event: serialized-error\ndata: ${JSON.stringify(shape(error))}\n\n`,
});

export interface EventRequest {
  readonly operation: Operation;
  readonly input: unknown;
  readonly query: URLSearchParams;
  readonly ctx: ApiContext;
  readonly form: EventForm;
}

export interface EventSenderOptions {
  readonly limits: HttpLimits;
  readonly streams: OpenStreams;
  /** Looks at the caller's token again. @throws CoreError when it is good no more. */
  readonly checkAgain: (exchange: Exchange) => Promise<void>;
  /** Told of what went wrong in a stream. */
  readonly onError: (exchange: Exchange, error: unknown) => void;
}

export class EventSender {
  readonly #options: EventSenderOptions;
  readonly #open = new Set<AbortController>();

  constructor(options: EventSenderOptions) {
    this.#options = options;
  }

  /** Ends all streams, so that their clients come back to whoever serves next. */
  close(): void {
    for (const controller of this.#open) controller.abort();
  }

  /**
   * Sends what a subscription gives until it ends, the client leaves or the server closes.
   * @throws what keeps it from beginning, before anything was sent.
   */
  async send(exchange: Exchange, request: EventRequest): Promise<void> {
    const { limits, streams } = this.#options;
    const { response } = exchange;
    const { operation, input, query, ctx, form } = request;
    const leave = streams.open(ctx.identity?.token.id ?? "");
    const controller = new AbortController();
    this.#open.add(controller);
    response.once("close", () => {
      leave();
      this.#open.delete(controller);
      controller.abort();
    });
    let events: AsyncIterable<unknown>;
    try {
      const whole = withLastEvent(input, lastEventId(exchange, query));
      events = eventsOf(
        await call(operation, () => whole, { ctx, signal: controller.signal }),
        operation.name,
      );
    } catch (error) {
      // the answer that tells of it closes the response later
      leave();
      this.#open.delete(controller);
      throw error;
    }
    controller.signal.addEventListener("abort", () => response.end(), { once: true });
    if (response.destroyed || controller.signal.aborted) return;
    begin(exchange);
    response.write(form.start);
    const pings = setInterval(() => void this.#ping(exchange, form), limits.pingMs);
    response.once("close", () => clearInterval(pings));
    try {
      for await (const event of events) {
        if (response.writableEnded || response.destroyed) return;
        if (!response.write(eventText(event, operation.name)) && !(await drained(exchange, limits.idleMs)))
          return;
      }
      if (!controller.signal.aborted) response.write(form.end);
    } catch (error) {
      if (controller.signal.aborted) return;
      this.#options.onError(exchange, error);
      response.write(form.failed(error));
    } finally {
      response.end();
    }
  }

  /** A sign of life; a token that ended or was revoked takes its streams with it. */
  async #ping(exchange: Exchange, form: EventForm): Promise<void> {
    const { response } = exchange;
    try {
      await this.#options.checkAgain(exchange);
      // who has not taken the last one needs no other
      if (!response.writableEnded && !response.writableNeedDrain) response.write(form.ping);
    } catch (error) {
      if (response.writableEnded) return;
      response.end(form.failed(error));
    }
  }
}

/** A stream that fails before it begins, for a client that reads errors from streams alone. */
export function sendFailedEvents(exchange: Exchange, form: EventForm, error: unknown): void {
  begin(exchange);
  exchange.response.end(form.start + form.failed(error));
}

function begin(exchange: Exchange): void {
  exchange.isStream = true;
  exchange.response.writeHead(
    200,
    answerHeaders(exchange, [
      ...["content-type", "text/event-stream", "cache-control", "no-store, no-transform"],
      // nginx else keeps events back until it has a page of them
      ...["x-accel-buffering", "no"],
    ]),
  );
}

/** @throws TypeError for a procedure that gives no events. */
function eventsOf(value: unknown, name: string): AsyncIterable<unknown> {
  if (isAsyncIterable(value)) return value;
  throw new TypeError(`${name} is a subscription and gives no events`);
}

const isAsyncIterable = (value: unknown): value is AsyncIterable<unknown> =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

/** Events that hundreds listen to are one object each, and are written as text once. */
const texts = new WeakMap<object, string>();

function jsonOf(data: unknown): string {
  if (typeof data !== "object" || data === null) return JSON.stringify(data) ?? "null";
  const known = texts.get(data);
  if (known !== undefined) return known;
  const text = JSON.stringify(data);
  texts.set(data, text);
  return text;
}

/** @throws TypeError for an event without an id: nobody could come back to it. */
function eventText(event: unknown, name: string): string {
  if (!isTrackedEnvelope(event)) throw new TypeError(`${name} gives an event that is not tracked`);
  const [id, data] = event;
  return `id: ${id}\ndata: ${jsonOf(data)}\n\n`;
}

/** The event that the client saw last; what its `EventSource` says goes before what its address said at first. */
function lastEventId({ request }: Exchange, query: URLSearchParams): string | undefined {
  const header = request.headers["last-event-id"];
  if (typeof header === "string" && header !== "") return header;
  return query.get("lastEventId") ?? query.get("Last-Event-Id") ?? undefined;
}

function withLastEvent(input: unknown, id: string | undefined): unknown {
  if (id === undefined) return input;
  if (input === undefined) return { lastEventId: id };
  return typeof input === "object" && input !== null ? { ...input, lastEventId: id } : input;
}
