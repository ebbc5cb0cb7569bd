/** Requests to a server of these tests: in JSON, and as bare bytes on a socket. */
import { connect, type Socket } from "node:net";
import { ADMIN } from "./start-host.ts";

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

export interface AskOptions {
  readonly method?: string;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** null: none. @default an admin's */
  readonly token?: string | null;
  readonly headers?: Readonly<Record<string, string>>;
}

/** A request and its answer, whose body is parsed where it is JSON. */
export async function ask(url: string, options: AskOptions = {}): Promise<Answered> {
  const { method = "GET", body, token = ADMIN, headers = {} } = options;
  const response = await fetch(url, {
    method,
    redirect: "manual",
    headers: {
      ...(token === null ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { "content-type": "application/json" }),
      ...headers,
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(text) : text };
}

/** A socket that notes what it gets. */
export interface Talk {
  readonly socket: Socket;
  /** What came so far. */
  heard(): string;
  /** Settles when what came matches. Rejects when the connection ends before that. */
  waitFor(pattern: RegExp): Promise<void>;
  /** Settles with all that came, when the other side closes. */
  readonly closed: Promise<string>;
}

export async function talk(port: number): Promise<Talk> {
  const socket = connect({ port, host: "127.0.0.1", noDelay: true });
  let text = "";
  const looks = new Set<() => void>();
  socket.on("data", (bytes) => {
    text += bytes.toString("latin1");
    for (const look of looks) look();
  });
  // a server that closes while we still write
  socket.on("error", () => undefined);
  const closed = new Promise<string>((settle) => socket.once("close", () => settle(text)));
  await new Promise<void>((settle) => socket.once("connect", settle));
  return {
    ...{ socket, closed, heard: () => text },
    waitFor: (pattern) =>
      new Promise((settle, reject) => {
        const look = (): void => {
          if (!pattern.test(text)) return;
          looks.delete(look);
          settle();
        };
        looks.add(look);
        look();
        void closed.then(() => reject(new Error(`closed before ${pattern}: ${text}`)));
      }),
  };
}

/** Sends bytes, and gives all that comes until the other side closes. */
export async function exchange(port: number, ...pieces: readonly (string | Uint8Array)[]): Promise<string> {
  const { socket, closed } = await talk(port);
  for (const piece of pieces) socket.write(piece);
  const answer = await closed;
  socket.destroy();
  return answer;
}
