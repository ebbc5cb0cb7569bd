import { createHash } from "node:crypto";
import { send } from "../edge/answer.ts";
import { wrongMethod } from "../edge/edge-error.ts";
import type { Exchange } from "../edge/exchange.ts";
import { type DocumentOptions, openApiDocument } from "./document.ts";

/** /api/v1/openapi.json, made when it is asked for first. It says nothing of what is inside, so it is for everybody. */
export function documentRoute(options: DocumentOptions): (exchange: Exchange) => void {
  let made: { readonly text: string; readonly etag: string } | undefined;
  return (exchange) => {
    exchange.route = "openapi";
    if (exchange.method !== "GET") throw wrongMethod(["GET"]);
    if (made === undefined) {
      const text = JSON.stringify(openApiDocument(options));
      made = { text, etag: `"${createHash("sha256").update(text).digest("base64url")}"` };
    }
    const { text, etag } = made;
    const headers = ["etag", etag, "cache-control", "no-cache"];
    if (exchange.request.headers["if-none-match"] === etag) send(exchange, { status: 304, headers });
    else
      send(exchange, { status: 200, headers: [...headers, "content-type", "application/json"], body: text });
  };
}
