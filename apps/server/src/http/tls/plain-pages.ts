import type { IncomingMessage, ServerResponse } from "node:http";
import { send } from "../edge/answer.ts";
import { checkHost, type Sites } from "../edge/check-site.ts";
import { Exchange } from "../edge/exchange.ts";
import { sendError } from "../edge/send-error.ts";
import { caRoutes } from "../pages/ca-page.ts";

/** What the port of TLS answers without it: where to find the certificate, and for all else the address that begins with https. */
export function plainPages(
  sites: Sites,
  ca: () => string | undefined,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const exchange = new Exchange(request, response);
    try {
      checkHost(exchange, sites);
      const page = exchange.method === "GET" ? caRoutes(ca()).get(exchange.path) : undefined;
      if (page) page(exchange);
      else {
        const location = `https://${request.headers.host ?? ""}${request.url ?? "/"}`;
        send(exchange, { status: 308, headers: ["location", location, "cache-control", "no-store"] });
      }
    } catch (error) {
      sendError(exchange, error);
    }
  };
}
