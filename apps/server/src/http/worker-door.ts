import { type IncomingMessage, ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import { type Identity, permissionOf } from "@graft/api";
import { CoreError } from "@graft/core";
import { WORKERS_PATH } from "../workers/remote/work-for-server.ts";
import type { Entrance, TokenReader } from "./access/entrance.ts";
import { checkHost, checkOrigin, type Sites } from "./edge/check-site.ts";
import { notFound } from "./edge/edge-error.ts";
import { Exchange } from "./edge/exchange.ts";
import { refuseSocket } from "./edge/refuse-socket.ts";
import type { TrustedProxies } from "./edge/trusted-proxies.ts";

/** Takes connections of workers: `RemoteWorkers`. */
export interface WorkerTaker {
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, identity: Identity): void;
  /** Breaks off the connections of a token. */
  end(token: string): void;
}

export interface WorkerDoorOptions {
  readonly workers: WorkerTaker;
  readonly entrance: Entrance;
  readonly tokens: Pick<TokenReader, "isStillValid">;
  readonly sites: Sites;
  /** See `Exchange`. */
  readonly proxies?: TrustedProxies | undefined;
  /** How often the token of a connection is looked at again. */
  readonly checkMs: number;
  readonly onError: (exchange: Exchange, error: unknown) => void;
}

/** The row of the table of permissions. */
const NAME = "workers.connect";

/** Lets workers of other machines in: a WebSocket, for tokens that may do jobs. */
export function workerDoor(
  options: WorkerDoorOptions,
): (request: IncomingMessage, socket: Duplex, head: Buffer) => Promise<void> {
  const { workers, entrance, tokens, sites, proxies, checkMs, onError } = options;
  return async (request, socket, head) => {
    const exchange = new Exchange(request, new ServerResponse(request), proxies);
    exchange.route = NAME;
    try {
      checkHost(exchange, sites);
      checkOrigin(exchange, sites);
      if (exchange.path !== WORKERS_PATH) throw notFound();
      const identity = await entrance.identify(exchange);
      if (permissionOf(NAME, identity?.token.role) === undefined || identity === undefined)
        throw new CoreError(identity ? "forbidden" : "unauthorized", {
          what: "Only a worker's token can connect here.",
          fix: "Send one of the role worker as `Authorization: Bearer TOKEN`; `graft serve --worker-token FILE` writes one into a file.",
        });
      const timer = setInterval(() => void check(identity), checkMs);
      socket.once("close", () => clearInterval(timer));
      workers.upgrade(request, socket, head, identity);
    } catch (error) {
      onError(exchange, error);
      refuseSocket(socket, error);
    }
  };

  async function check(identity: Identity): Promise<void> {
    // a store that does not answer for a while is no reason to lose a job
    if (await tokens.isStillValid(identity).catch(() => true)) return;
    workers.end(identity.token.id);
  }
}
