import {
  createServer as createHttp,
  type Server as HttpServer,
  type IncomingMessage,
  type ServerResponse,
} from "node:http";
import type { Server as HttpsServer } from "node:https";
import { createServer as createNet, type Server as NetServer, type Socket } from "node:net";
import type { HttpLimits } from "../access/limits.ts";

/** The first byte of a TLS connection: a handshake record. */
const HANDSHAKE = 22;

/**
 * One port for TLS and for those who do not know that it is: people type an address without "https://", and a phone that does
 * not trust the certificate yet must get it somewhere.
 * @returns what listens in the server's place.
 */
export function plainToTls(
  server: HttpsServer | HttpServer,
  plainPages: (request: IncomingMessage, response: ServerResponse) => void,
  limits: HttpLimits,
): NetServer {
  const plain = createHttp(
    {
      ...{ maxHeaderSize: limits.headerBytes, connectionsCheckingInterval: limits.headersMs },
      ...{ headersTimeout: limits.headersMs, requestTimeout: limits.headersMs },
    },
    plainPages,
  );
  plain.keepAliveTimeout = 1;
  const listener = createNet({ noDelay: true }, (socket: Socket) => {
    const timer = setTimeout(() => socket.destroy(), limits.headersMs);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => clearTimeout(timer));
    socket.once("data", (first) => {
      clearTimeout(timer);
      socket.pause();
      socket.unshift(first);
      (first[0] === HANDSHAKE ? server : plain).emit("connection", socket);
      process.nextTick(() => socket.resume());
    });
  });
  // Node watches over connections that take too long from then on
  listener.once("listening", () => {
    server.emit("listening");
    plain.emit("listening");
  });
  listener.once("close", () => {
    plain.close();
    plain.closeAllConnections();
    server.close();
  });
  return listener;
}
