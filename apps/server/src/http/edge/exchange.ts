import { randomUUID } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { TLSSocket } from "node:tls";
import { plainAddress, type TrustedProxies } from "./trusted-proxies.ts";

/** What an id of another system may look like: no "_", "." or ":", so that no token and no address passes for one. */
const REQUEST_ID = /^[0-9A-Za-z][0-9A-Za-z-]{7,63}$/;

/** One request and its answer. */
export class Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** Given by the client in `X-Request-Id`, or made here; on every answer, in logs and on jobs. */
  readonly id: string;
  /** In capitals; GET for HEAD. */
  readonly method: string;
  /** As it was sent, percent-encoded. */
  readonly path: string;
  /** After "?". */
  readonly search: string;
  /** Address of the client, behind proxies that are believed; null for a socket that is gone. */
  readonly from: string | null;
  /** The client speaks TLS: with this server, or with a proxy that is believed. */
  readonly isTls: boolean;
  /** Milliseconds of `performance.now`. */
  readonly startedAt = performance.now();
  /** Headers that every answer to it has beside its own: name, value, name, value … */
  readonly headers: string[] = [];
  /** A procedure, a route or a page: what logs and metrics call it. */
  route = "none";
  /** Of a batch: each call with the status of its own. */
  calls: readonly { readonly route: string; readonly status: number }[] | undefined;
  /** Ids, for logs. */
  account: string | undefined;
  token: string | undefined;
  /** The answer is a stream of events, which takes as long as it takes. */
  isStream = false;
  /** Of the body, as far as it was read. */
  bytesIn = 0;
  /** The client waits for a word before it sends the body (`Expect: 100-continue`). */
  isBodyAwaited = false;

  /** @param proxies whose word about the client is believed. @default nobody's */
  constructor(request: IncomingMessage, response: ServerResponse, proxies?: TrustedProxies) {
    const { headers, method = "GET", url = "/", socket } = request;
    const given = headers["x-request-id"];
    const question = url.indexOf("?");
    this.request = request;
    this.response = response;
    this.id = typeof given === "string" && REQUEST_ID.test(given) ? given : randomUUID();
    this.method = method === "HEAD" ? "GET" : method;
    this.path = question === -1 ? url : url.slice(0, question);
    this.search = question === -1 ? "" : url.slice(question + 1);
    const from = socket.remoteAddress === undefined ? null : plainAddress(socket.remoteAddress);
    const told = proxies && from !== null ? proxies(from, headers) : undefined;
    this.from = told?.address ?? from;
    this.isTls = isTls(socket) || told?.isTls === true;
  }

  /** True when the request brings a body. */
  get hasBody(): boolean {
    const { "content-length": length, "transfer-encoding": coding } = this.request.headers;
    return coding !== undefined || (length !== undefined && length !== "0");
  }

  /** Aborted when the client leaves before it has its answer. */
  get signal(): AbortSignal {
    const controller = new AbortController();
    const { response } = this;
    if (response.destroyed) controller.abort();
    else
      response.once("close", () => {
        if (!response.writableFinished) controller.abort();
      });
    return controller.signal;
  }

  /** "https://host:port" as the client sees this server. */
  get origin(): string {
    return `${this.isTls ? "https" : "http"}://${this.request.headers.host ?? ""}`;
  }
}

const isTls = (socket: object): socket is TLSSocket => "encrypted" in socket && socket.encrypted === true;

/** True for an address of this machine alone. */
export const isLoopback = (address: string | null): boolean =>
  address !== null && (address === "::1" || /^127(\.\d{1,3}){3}$/.test(address));
