import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { ServedFile } from "./bundle.ts";

/** The page starts the worker of its address's `?worker=`, or with `&thread=page` runs it itself, and lets the test talk with it. */
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><title>graft's tests</title><script type="module">
const asked = new URL(location.href).searchParams;
let worker;
if (asked.get("thread") === "page") {
  const { port1, port2 } = new MessageChannel();
  [worker, globalThis.graftPort] = [port1, port2];
  await import(asked.get("worker"));
} else worker = new Worker(asked.get("worker"), { type: "module" });
const waiting = new Map();
let calls = 0;
worker.onmessage = ({ data }) => {
  if ("event" in data) return void window.graftEvent?.(data.event);
  const { settle, fail } = waiting.get(data.id);
  waiting.delete(data.id);
  if ("error" in data) fail(new Error(data.error));
  else settle(data.result);
};
worker.onerror = (event) => {
  for (const { fail } of waiting.values()) fail(new Error("the worker failed: " + event.message));
};
window.callWorker = (name, argument) => new Promise((settle, fail) => {
  waiting.set(++calls, { settle, fail });
  worker.postMessage({ id: calls, name, argument });
});
window.graftIsReady = true;
</script>`;

const ISOLATION = {
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Embedder-Policy": "require-corp",
};

/** A web server on the loopback address with a page, files that are given to it, and a place for what a page uploads. */
export interface PageServer extends AsyncDisposable {
  /**
   * The page of a worker script.
   * @param options.isolated with the headers that let its threads share memory.
   * @param options.thread where the script runs.
   * @param options.policy the worker's Content-Security-Policy. @default none
   */
  pageUrl(
    worker: string,
    options: {
      readonly isolated: boolean;
      readonly thread: "worker" | "page";
      readonly policy?: string | undefined;
    },
  ): string;
  /** Serves a file as `/NAME`. */
  serve(name: string, file: ServedFile): void;
  /** What the page sent by `fetch("/upload/NAME", { method: "PUT", body })`. */
  uploaded(name: string): Uint8Array | undefined;
}

async function bodyOf(request: IncomingMessage): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks);
}

export async function startPageServer(): Promise<PageServer> {
  const [files, uploads] = [new Map<string, ServedFile>(), new Map<string, Uint8Array>()];
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { pathname, searchParams } = new URL(request.url ?? "/", "http://page");
    // the script of an isolated page's worker must come with the header too; elsewhere it changes nothing
    const policy = searchParams.get("policy");
    const headers = {
      ...(searchParams.get("isolated") === "no" ? {} : ISOLATION),
      ...(policy === null ? {} : { "Content-Security-Policy": policy }),
    };
    if (request.method === "PUT") {
      uploads.set(pathname.slice("/upload/".length), await bodyOf(request));
      response.writeHead(204).end();
      return;
    }
    if (pathname === "/") {
      response.writeHead(200, { ...headers, "Content-Type": "text/html" }).end(PAGE);
      return;
    }
    const file = files.get(pathname.slice(1));
    if (!file) {
      response.writeHead(404, headers).end();
      return;
    }
    response.writeHead(200, { ...headers, "Content-Type": file.type, "Content-Length": file.bytes.length });
    response.end(request.method === "HEAD" ? undefined : file.bytes);
  };
  const server = createServer((request, response) => {
    answer(request, response).catch((error: unknown) => response.writeHead(500).end(String(error)));
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  const address = server.address();
  if (address === null || typeof address === "string") throw new TypeError("a server on TCP has a port");
  return {
    pageUrl(script, { isolated, thread, policy }) {
      const worker = policy === undefined ? script : `${script}?${new URLSearchParams({ policy })}`;
      const asked = new URLSearchParams({ worker, thread, isolated: isolated ? "yes" : "no" });
      return `http://127.0.0.1:${address.port}/?${asked}`;
    },
    serve: (name, file) => void files.set(name, file),
    uploaded: (name) => uploads.get(name),
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}
