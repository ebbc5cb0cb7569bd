import {
  createServer as createHttp,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import { createServer as createHttps, type Server as HttpsServer } from "node:https";
import type { AddressInfo, Server as NetServer, Socket } from "node:net";
import type { Duplex } from "node:stream";
import { CoreError } from "@graft/core";
import type { HttpLimits } from "./access/limits.ts";
import { EdgeError } from "./edge/edge-error.ts";
import { Exchange } from "./edge/exchange.ts";
import { refuseSocket } from "./edge/refuse-socket.ts";
import { sendError } from "./edge/send-error.ts";
import type { TrustedProxies } from "./edge/trusted-proxies.ts";
import type { HttpHandler } from "./http-handler.ts";
import { isAlive } from "./observe/health.ts";
import { plainToTls } from "./tls/plain-to-tls.ts";

/** A certificate with those that vouch for it, and its key; PEM. */
export interface TlsPair {
  readonly cert: string;
  readonly key: string;
}

export interface HttpHostOptions {
  readonly limits: HttpLimits;
  /** Undefined: HTTP without encryption. */
  readonly tls: TlsPair | undefined;
  /** See `Exchange`. */
  readonly proxies?: TrustedProxies | undefined;
  /** Told of trouble that no request has: too many files are open. */
  readonly onError: (error: Error) => void;
  /** Where plain HTTP on the port of TLS is sent; see {@link plainToTls}. */
  readonly plainPages?: (request: IncomingMessage, response: ServerResponse) => void;
}

/** What answers on a port. */
export interface PortAnswers {
  readonly handler: HttpHandler;
  /** Takes connections that turn into something else (a worker's WebSocket). */
  readonly upgrade: (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void>;
}

const STARTING = new EdgeError(503, { what: "The server is starting.", fix: "Try again in a moment." }, [
  ...["retry-after", "1"],
]);

/** What Node calls what it refuses before there is a request. */
const REFUSED: Readonly<Record<string, EdgeError>> = {
  HPE_HEADER_OVERFLOW: new EdgeError(431, { what: "The request's headers are too large." }),
  ERR_HTTP_REQUEST_TIMEOUT: new EdgeError(408, { what: "The request took too long to arrive." }),
};
const UNREADABLE = new EdgeError(400, { what: "This is no HTTP request that can be read." });

/** How often Node looks for requests that take too long to arrive. */
const CHECK_MS = 2000;
/** Without a request for so long, a kept connection is closed. */
const KEEP_ALIVE_MS = 65_000;

/** The server's port: taken at once, and open when all behind it is. */
export class HttpHost {
  readonly #server: HttpServer | HttpsServer;
  readonly #listener: NetServer;
  readonly #proxies: TrustedProxies | undefined;
  readonly #onError: (error: Error) => void;
  #answers: PortAnswers | undefined;
  readonly #sockets = new Set<Socket>();
  #isClosing = false;

  constructor({ limits, tls, proxies, onError, plainPages }: HttpHostOptions) {
    this.#proxies = proxies;
    const common = {
      maxHeaderSize: limits.headerBytes,
      headersTimeout: limits.headersMs,
      // of bodies, each has a limit of its own: a large upload takes as long as it takes
      requestTimeout: 0,
      connectionsCheckingInterval: Math.min(CHECK_MS, limits.headersMs),
      keepAliveTimeout: KEEP_ALIVE_MS,
      // we say it ourselves, in our own form
      requireHostHeader: false,
      noDelay: true,
    };
    const server = tls
      ? createHttps({ ...common, ...tls, minVersion: "TLSv1.2", handshakeTimeout: limits.headersMs })
      : createHttp(common);
    this.#server = server;
    server.maxHeadersCount = limits.headers;
    server.on("request", (request, response) => this.#take(request, response, false));
    server.on("checkContinue", (request, response) => this.#take(request, response, true));
    server.on("clientError", refuse);
    server.on("upgrade", (request, socket, head) => {
      socket.on("error", () => socket.destroy());
      if (this.#isClosing) socket.destroy();
      else if (this.#answers === undefined) refuseSocket(socket, STARTING);
      else void this.#answers.upgrade(request, socket, head);
    });
    this.#listener = tls && plainPages ? plainToTls(server, plainPages, limits) : server;
    this.#listener.maxConnections = limits.connections;
    this.#onError = onError;
    this.#listener.on("connection", (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once("close", () => this.#sockets.delete(socket));
    });
  }

  #take(request: IncomingMessage, response: ServerResponse, isBodyAwaited: boolean): void {
    const exchange = new Exchange(request, response, this.#proxies);
    exchange.isBodyAwaited = isBodyAwaited;
    if (this.#isClosing) exchange.headers.push("connection", "close");
    if (this.#answers) void this.#answers.handler.handle(exchange);
    else if (!isAlive(exchange)) sendError(exchange, STARTING);
  }

  /** From now on requests are answered; until then each is told to come again. */
  open(answers: PortAnswers): void {
    this.#answers = answers;
  }

  /**
   * @param port 0: a free one.
   * @returns the port.
   * @throws CoreError `conflict` for a port that is taken, `bad-input` for an address that is not this machine's.
   */
  async listen(port: number, bind: string): Promise<number> {
    const listener = this.#listener;
    await new Promise<void>((settle, reject) => {
      const fail = (error: NodeJS.ErrnoException): void => reject(listenError(error, port, bind));
      listener.once("error", fail);
      listener.listen({ port, host: bind }, () => {
        listener.off("error", fail);
        // until then the caller is told, and nobody else
        listener.on("error", this.#onError);
        settle();
      });
    });
    const address = listener.address();
    if (!isPort(address)) throw new TypeError("a server that listens has a port");
    return address.port;
  }

  /** Another certificate for new connections. */
  setTls(tls: TlsPair): void {
    if ("setSecureContext" in this.#server) this.#server.setSecureContext(tls);
  }

  /** Cuts every connection. */
  cutAll(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  /**
   * Takes no more requests; those under way have a while to end.
   * @param patienceMs after which what is left is cut.
   */
  async close(patienceMs: number): Promise<void> {
    this.#isClosing = true;
    const closed = new Promise<void>((settle) => this.#listener.close(() => settle()));
    this.#answers?.handler.close();
    this.#server.closeIdleConnections();
    const timer = setTimeout(() => this.cutAll(), patienceMs);
    // a connection that had its last answer is idle from then on
    const idle = setInterval(() => this.#server.closeIdleConnections(), 100);
    await closed;
    clearTimeout(timer);
    clearInterval(idle);
  }
}

const isPort = (address: AddressInfo | string | null): address is AddressInfo =>
  typeof address === "object" && address !== null;

function listenError(error: NodeJS.ErrnoException, port: number, bind: string): unknown {
  const place = `${bind}:${port}`;
  if (error.code === "EADDRINUSE")
    return new CoreError(
      "conflict",
      {
        what: "Another program has this port.",
        received: place,
        fix: "Choose another with `port`, or end that program.",
      },
      { cause: error, facts: { port } },
    );
  if (error.code === "EADDRNOTAVAIL" || error.code === "ENOTFOUND")
    return new CoreError(
      "bad-input",
      { what: "This machine does not have the address.", received: bind, fix: "Choose another with `bind`." },
      { cause: error },
    );
  if (error.code !== "EACCES") return error;
  return new CoreError(
    "bad-input",
    {
      what: "The system keeps this port for itself.",
      received: place,
      fix: "Choose one above 1023 with `port`.",
    },
    { cause: error },
  );
}

/** What cannot be read as a request is answered all the same, in the API's form, before the connection is closed. */
function refuse(error: NodeJS.ErrnoException, socket: Duplex): void {
  // who cannot speak TLS would not understand the answer either
  if (/^(ECONNRESET$|ERR_SSL|ERR_TLS)/.test(error.code ?? "")) socket.destroy();
  else refuseSocket(socket, REFUSED[error.code ?? ""] ?? UNREADABLE);
}
