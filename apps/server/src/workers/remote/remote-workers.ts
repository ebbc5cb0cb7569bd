import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import type { Identity } from "@graft/api";
import { type WebSocket, WebSocketServer } from "ws";
import { type RemoteOptions, RemoteSession } from "./remote-session.ts";
import { SOCKET_OPTIONS } from "./socket-link.ts";

/** Workers of other machines that are connected to this server. */
export class RemoteWorkers implements AsyncDisposable {
  readonly #options: RemoteOptions;
  readonly #server = new WebSocketServer({ noServer: true, ...SOCKET_OPTIONS });
  readonly #sessions = new Set<RemoteSession>();
  #isClosing = false;

  constructor(options: RemoteOptions) {
    this.#options = options;
  }

  /**
   * Makes the request a WebSocket, and that one a worker's. Who asks is known and may be a worker; all else was refused before.
   * @param head what came of the connection after the request.
   */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity): void {
    this.#server.handleUpgrade(request, socket, head, (accepted) => this.accept(accepted, identity));
  }

  /** @param socket open, with `SOCKET_OPTIONS`; from now on it is the worker's. */
  accept(socket: WebSocket, identity: Identity): void {
    const session = new RemoteSession({ ...this.#options, socket, identity });
    this.#sessions.add(session);
    void session.over.then(() => this.#sessions.delete(session));
    if (this.#isClosing) session.end("the server ends");
  }

  /** Breaks off the connections of a token that was revoked; what its workers did goes back into the line. */
  end(token: string): void {
    for (const session of this.#sessions) if (session.token === token) session.end("the token was revoked");
  }

  /**
   * Has every job stopped for now and put back into the line, and closes the connections; the workers come again.
   * @param graceMs after that what is left is broken off.
   */
  async close(graceMs: number): Promise<void> {
    this.#isClosing = true;
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.end("the server ends");
    }, graceMs);
    await Promise.all([...this.#sessions].map((session) => session.close()));
    clearTimeout(timer);
    this.#server.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close(10_000);
  }
}
