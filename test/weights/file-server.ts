import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A real HTTP server on this machine. */
export interface FileServer extends AsyncDisposable {
  /** http://127.0.0.1:PORT */
  readonly url: string;
  /** Range headers of the requests so far; "" where there was none. */
  readonly ranges: readonly string[];
}

export async function serve(
  answer: (request: IncomingMessage, response: ServerResponse, count: number) => void,
): Promise<FileServer> {
  const ranges: string[] = [];
  const server = createServer((request, response) => {
    ranges.push(request.headers.range ?? "");
    answer(request, response, ranges.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port }: AddressInfo = addressOf(server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    ranges,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

export function addressOf(address: AddressInfo | string | null): AddressInfo {
  if (typeof address === "object" && address !== null) return address;
  throw new TypeError("the server has no port");
}

/** Answers as a static file server does: ranges, If-Range by ETag. `cut` ends the connection after so many bytes. */
export function sendFile(
  request: IncomingMessage,
  response: ServerResponse,
  bytes: Uint8Array,
  options: { readonly etag?: string; readonly cut?: number } = {},
): void {
  const { etag, cut } = options;
  const [, from] = /^bytes=(\d+)-/.exec(request.headers.range ?? "") ?? [];
  const isSame = request.headers["if-range"] === undefined || request.headers["if-range"] === etag;
  const start = from !== undefined && isSame ? Number(from) : 0;
  if (start >= bytes.length && start > 0) {
    response.writeHead(416, { "content-range": `bytes */${bytes.length}` }).end();
    return;
  }
  const headers = { "content-length": bytes.length - start, ...(etag === undefined ? {} : { etag }) };
  if (start > 0)
    response.writeHead(206, {
      ...headers,
      "content-range": `bytes ${start}-${bytes.length - 1}/${bytes.length}`,
    });
  else response.writeHead(200, headers);
  if (cut === undefined) response.end(bytes.subarray(start));
  else response.write(bytes.subarray(start, start + cut), () => setTimeout(() => response.destroy(), 20));
}
