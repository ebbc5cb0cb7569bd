import type { ApiRouter } from "@graft/api";
import {
  CoreError,
  certificateTrouble,
  deserializeError,
  type Fetch,
  serializedErrorSchema,
  versionGap,
} from "@graft/core";
import { trustingFetch } from "@graft/core/node";
import {
  createTRPCClient,
  httpLink,
  httpSubscriptionLink,
  splitLink,
  type TRPCClient,
  TRPCClientError,
} from "@trpc/client";
import { EventSource } from "eventsource";
import { packageVersion } from "../environment/package-version.ts";
import type { Credentials } from "./credentials.ts";
import { nameList } from "./name-list.ts";

/** A graft server, as a command sees it. */
export interface ServerClient {
  /** Its address, for people. */
  readonly url: string;
  /** The typed API. Errors are tRPC's: `asCoreError` makes graft's of them. */
  readonly api: TRPCClient<ApiRouter>;
  /** A route that takes or gives bytes. @param path below /api/v1 @throws CoreError as the server says, `offline` */
  bytes(path: string, init?: RequestInit): Promise<Response>;
  /** A route's whole address. @param path below /api/v1 */
  address(path: string): string;
  /** The platform's, with what lets this client in: for addresses of this server alone. */
  readonly fetch: Fetch;
}

const API = "/api/v1";

function gone(url: string, cause: unknown): CoreError {
  const why =
    cause instanceof Error ? (cause.cause instanceof Error ? cause.cause.message : cause.message) : "";
  return new CoreError(
    "offline",
    {
      what: `The server ${url} does not answer.`,
      received: why === "" ? "no answer" : why,
      fix: "Check that `graft serve` runs there and that this computer can reach it.",
    },
    { cause },
  );
}

/** What a server said no with, or that it said nothing or broke off, as graft's own error; anything else as it is. */
export function asCoreError(error: unknown, url: string): unknown {
  if (isBrokenOff(error)) return gone(url, error);
  if (!(error instanceof TRPCClientError)) return error;
  if (error.cause instanceof CoreError) return error.cause;
  const told = serializedErrorSchema.safeParse(error.data?.error);
  if (told.success) return nameList(deserializeError(told.data));
  // a server that starts refuses before any procedure could
  return toldIn(error.meta?.responseJSON) ?? gone(url, error.cause ?? error);
}

/** The connection ended while an answer came. */
const isBrokenOff = (error: unknown): error is TypeError =>
  error instanceof TypeError &&
  error.cause instanceof Error &&
  "code" in error.cause &&
  /^(UND_ERR|ECONN|EPIPE|ETIMEDOUT)/.test(String(error.cause.code));

/** The error that a body tells of, where it is one. */
function toldIn(body: unknown): Error | undefined {
  const told = serializedErrorSchema.safeParse(
    typeof body === "object" && body !== null && "error" in body ? body.error : undefined,
  );
  return told.success ? nameList(deserializeError(told.data)) : undefined;
}

async function refusalOf(answer: Response, url: string): Promise<Error> {
  const body: unknown = await answer.json().catch(() => undefined);
  return toldIn(body) ?? gone(url, new Error(`HTTP ${answer.status}`));
}

/** As tRPC's links, an `EventSource` and we ask. */
type Asked = Omit<RequestInit, "signal"> & { readonly signal?: AbortSignal | null | undefined };

/** What no other try would change, where it is that. */
function refusedHere({ url, ca }: Credentials, error: unknown): CoreError | undefined {
  // `fetch` asks no port of other services (https://fetch.spec.whatwg.org/#port-blocking), as no browser does
  if (error instanceof Error && error.cause instanceof Error && error.cause.message === "bad port")
    return new CoreError("bad-input", {
      what: "No web server can be at the port of this address.",
      received: url,
      fix: "Look at the address that `graft serve` prints.",
    });
  return certificateTrouble(url, error, { hasCa: ca !== undefined });
}

/**
 * `fetch` that says which graft asks, and takes no answer of a server that is too old or too new for it.
 * @param version @default this package's
 * @throws CoreError `unsupported`, which says what to update; `unauthorized` for a server's certificate that is not believed.
 */
function fetchAs(server: Credentials, version: string) {
  const { token, ca } = server;
  const plain: Fetch = ca === undefined ? fetch : trustingFetch(ca);
  return async (input: string | URL | Request, { signal = null, ...init }: Asked = {}): Promise<Response> => {
    const headers = new Headers(init.headers);
    headers.set("authorization", `Bearer ${token}`);
    headers.set("graft-client", version);
    const address = input instanceof Request ? input.url : String(input);
    const answer = await plain(address, { ...init, signal, headers }).catch((error: unknown) => {
      throw refusedHere(server, error) ?? error;
    });
    const gap = versionGap(version, answer.headers.get("graft-version") ?? "");
    if (!gap) return answer;
    await answer.body?.cancel();
    throw new CoreError("unsupported", gap.parts);
  };
}

/** A stream is asked for again after trouble of the network, and so it is of a server that starts and says 503. */
const whenReady =
  (ask: ReturnType<typeof fetchAs>): ReturnType<typeof fetchAs> =>
  async (input, init) => {
    const answer = await ask(input, init);
    if (answer.status !== 503) return answer;
    await answer.body?.cancel();
    throw new TypeError("the server is not ready");
  };

/** @param version of this graft. @default the package's */
export function connect(server: Credentials, version = packageVersion()): ServerClient {
  const { url } = server;
  const ask = fetchAs(server, version);
  const link = { url: `${url}${API}/trpc` };
  return {
    url,
    api: createTRPCClient<ApiRouter>({
      links: [
        splitLink({
          condition: ({ type }) => type === "subscription",
          true: httpSubscriptionLink({
            ...link,
            EventSource,
            eventSourceOptions: { fetch: whenReady(ask) },
          }),
          false: httpLink({ ...link, fetch: ask }),
        }),
      ],
    }),
    address: (path) => `${url}${API}${path}`,
    fetch: ask,
    async bytes(path, init = {}) {
      let answer: Response;
      try {
        answer = await ask(`${url}${API}${path}`, init);
      } catch (error) {
        if (error instanceof CoreError) throw error;
        if (init.signal?.aborted) throw new CoreError("cancelled", { what: "The work was cancelled." });
        throw gone(url, error);
      }
      if (answer.ok) return answer;
      throw await refusalOf(answer, url);
    },
  };
}
