import { setMaxListeners } from "node:events";
import { CoreError, deserializeError, type Port, serializeError } from "@graft/core";
import * as z from "zod";
import {
  type Answered,
  type Asked,
  type Call,
  type News,
  parseOrder,
  REQUESTS,
  type RequestKind,
} from "./request-messages.ts";

/** A request's own way to its server. */
export interface RequestContext {
  /** Aborted when nobody waits for the answer any more. */
  readonly signal: AbortSignal;
  /** @throws what the server throws; CoreError `cancelled` when it is gone. */
  bytes(call: Exclude<Call, { what: "model-size" }>): Promise<Uint8Array>;
  /** Of a file of the request's model; undefined where there is none. @throws as `bytes`. */
  modelFileSize(path: string): Promise<number | undefined>;
}

/** Does requests, any number at once. */
export type Handlers = {
  readonly [Kind in RequestKind]?: (asked: Asked<Kind>, context: RequestContext) => Promise<Answered<Kind>>;
};

interface PendingCall {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
}

const bytesSchema = z.instanceof(Uint8Array);
const sizeSchema = z.int().min(0).nullable();

async function handle<Kind extends RequestKind>(
  kind: Kind,
  asked: unknown,
  handlers: Handlers,
  context: RequestContext,
): Promise<unknown> {
  const handler: Handlers[Kind] = handlers[kind];
  if (!handler) throw new TypeError(`this process does not do ${kind}`);
  // zod's type of an indexed schema is not narrowed by the key
  const parse: (value: unknown) => Asked<Kind> = (value) => REQUESTS[kind].asked.parse(value) as Asked<Kind>;
  return handler(parse(asked), context);
}

/**
 * A process's end: hears requests until its server is gone.
 * @returns when the server is gone; what is under way then was told to stop.
 */
export function serveRequests(port: Port, handlers: Handlers): Promise<void> {
  const running = new Map<number, AbortController>();
  const calls = new Map<number, PendingCall>();
  let lastCall = 0;
  const post = (news: News): void => port.post(news);
  const call = (id: number, ask: Call): Promise<unknown> =>
    new Promise((resolve, reject) => {
      calls.set(++lastCall, { resolve, reject });
      post({ type: "call", id, call: lastCall, ask });
    });
  const contextOf = (id: number, signal: AbortSignal): RequestContext => ({
    signal,
    bytes: async (ask) => bytesSchema.parse(await call(id, ask)),
    modelFileSize: async (path) =>
      sizeSchema.parse(await call(id, { what: "model-size", path })) ?? undefined,
  });
  const run = async (id: number, kind: RequestKind, asked: unknown): Promise<void> => {
    const stop = new AbortController();
    // each picture of a request listens
    setMaxListeners(0, stop.signal);
    running.set(id, stop);
    try {
      post({ type: "done", id, value: await handle(kind, asked, handlers, contextOf(id, stop.signal)) });
    } catch (error) {
      post({ type: "failed", id, error: serializeError(error) });
    } finally {
      running.delete(id);
    }
  };
  port.onMessage((message) => {
    const order = parseOrder(message);
    if (order.type === "request") void run(order.id, order.kind, order.asked);
    else if (order.type === "cancel") running.get(order.id)?.abort();
    else {
      const pending = calls.get(order.call);
      calls.delete(order.call);
      if (order.type === "answer") pending?.resolve(order.value);
      else pending?.reject(deserializeError(order.error));
    }
  });
  return new Promise((resolve) => {
    port.onClose(() => {
      const error = new CoreError("cancelled", { what: "The server is gone." });
      for (const { reject } of calls.values()) reject(error);
      for (const stop of running.values()) stop.abort();
      resolve();
    });
  });
}
