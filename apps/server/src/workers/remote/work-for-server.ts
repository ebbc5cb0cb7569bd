import { hostname } from "node:os";
import { rootCertificates } from "node:tls";
import { usableThreads } from "@graft/backend-select";
import { CoreError, certificateTrouble, deserializeError, PROTOCOL_VERSION } from "@graft/core";
import { WebSocket } from "ws";
import { type FoundBackends, findBackends } from "../find-backends.ts";
import { GrowingPause } from "../growing-pause.ts";
import { TrainingWorker } from "../training-worker.ts";
import { Wake } from "../wake.ts";
import { answerSchema, type Leaving, type SignIn } from "./sign-in.ts";
import { CLIENT_SOCKET_OPTIONS, type LinkTimes, SocketLink } from "./socket-link.ts";

/** Where a server takes workers, below its address. */
export const WORKERS_PATH = "/api/v1/workers/connect";

export interface RemoteWorkerOptions {
  /** The server's address: "https://trainer.local:8443". */
  readonly server: string;
  /** Of the role worker. */
  readonly token: string;
  /** Of graft, as the server's. */
  readonly version: string;
  /** Where installed engines are. Nothing of the server's is kept there. */
  readonly home: string;
  readonly env: NodeJS.ProcessEnv;
  /** Aborted when the worker is to end: its job is stopped where it can be gone on from, and put back into the line. */
  readonly signal: AbortSignal;
  /** Lines for people. */
  readonly onLog: (line: string) => void;
  /** For people. @default the machine's name */
  readonly name?: string;
  /** @default all there are */
  readonly threads?: number;
  /** Certificates (PEM) that are believed beside the system's: the server's own CA. */
  readonly ca?: string;
  /** See `Workspace`. */
  readonly checkpointMs?: number;
  readonly times?: LinkTimes;
  /** What this machine has, with its proofs. @default it is looked at, which takes some seconds */
  readonly backends?: FoundBackends;
}

/** How long a job may take to stop when the worker ends. */
const LEAVE_MS = 30_000;
/** A connection that lasted so long was a good one. */
const WELL_MS = 60_000;
const HANDSHAKE_MS = 15_000;

/**
 * Works for a server until the signal ends it: connects, signs in, does jobs, and connects again after growing pauses when
 * the connection is lost.
 * @throws CoreError `unauthorized` and `forbidden` for the token, `unauthorized` for the server's certificate, `not-found` for an address that takes no workers, `unsupported`
 *   for another version of graft, `bad-input` for what is no address: another try would end the same.
 */
export async function workForServer(options: RemoteWorkerOptions): Promise<void> {
  const { signal, onLog, home, threads } = options;
  const address = addressOf(options.server);
  const wake = new Wake();
  signal.addEventListener("abort", () => wake.close(), { once: true });
  if (signal.aborted) return;
  if (!options.backends) onLog("Looking at this machine's engines.");
  const { ids, names, proofs } =
    options.backends ?? (await findBackends(home, { version: options.version, proofs: {}, signal }));
  const signIn: SignIn = {
    ...{ type: "sign-in", version: options.version, protocol: PROTOCOL_VERSION },
    ...{ name: options.name ?? hostname(), backends: [...ids], names: [...names], proofs },
    threads: threads ?? usableThreads(),
    platform: `${process.platform} ${process.arch}, Node ${process.version}`,
  };
  await using worker = new TrainingWorker(options);
  const pause = new GrowingPause({ firstMs: 1000, lastMs: 60_000 });
  while (!signal.aborted) {
    const startedAt = performance.now();
    const why = await session(options, { address, signIn, worker });
    if (signal.aborted) break;
    if (performance.now() - startedAt >= WELL_MS) pause.reset();
    const ms = pause.next();
    onLog(`${why} Trying again in ${Math.ceil(ms / 1000)} s.`);
    await wake.after(ms);
  }
  onLog("The worker has ended.");
}

/** @throws CoreError `bad-input`. */
function addressOf(server: string): URL {
  const base = URL.canParse(server) ? new URL(server) : undefined;
  if (base?.protocol === "http:" || base?.protocol === "https:") {
    const address = new URL(WORKERS_PATH, base);
    address.protocol = base.protocol === "http:" ? "ws:" : "wss:";
    return address;
  }
  throw new CoreError("bad-input", {
    what: "This is not a server's address.",
    received: server,
    expected: "https://name:port",
  });
}

interface Session {
  readonly address: URL;
  readonly signIn: SignIn;
  readonly worker: TrainingWorker;
}

/** One connection, from its first word to its last. @returns why it is over, a sentence. @throws what another try would not change. */
async function session(options: RemoteWorkerOptions, { address, signIn, worker }: Session): Promise<string> {
  const { signal, onLog, times } = options;
  const socket = await connect(address, options);
  if (typeof socket === "string") return socket;
  const link = new SocketLink(socket, times);
  const answer = new Promise<unknown>((resolve) => {
    link.onControl(resolve);
    void link.closed.then(resolve);
  });
  link.say(signIn);
  const answered = answerSchema.safeParse(await answer);
  if (!answered.success) {
    link.end("its answer cannot be read");
    return `The server does not answer as one: ${await link.closed}.`;
  }
  if (answered.data.type === "refused") {
    link.close();
    throw deserializeError(answered.data.error);
  }
  onLog(`Connected to ${address.host} as ${signIn.name}.`);
  const leave = (): void => {
    if (worker.isWorking) onLog("Stopping so that another worker can go on.");
    const leaving: Leaving = { type: "leaving" };
    link.say(leaving);
    setTimeout(() => link.end("it took too long to stop"), LEAVE_MS).unref();
  };
  if (signal.aborted) leave();
  else signal.addEventListener("abort", leave, { once: true });
  // it ends with the connection, when what it did has stopped
  await worker.work(link.port);
  signal.removeEventListener("abort", leave);
  return `The connection was lost: ${await link.closed}.`;
}

/** @returns why there is none, a sentence. @throws CoreError for an answer that another try would not change. */
function connect(
  address: URL,
  { server, token, ca, signal }: RemoteWorkerOptions,
): Promise<WebSocket | string> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(address, {
      ...CLIENT_SOCKET_OPTIONS,
      ...(ca === undefined ? {} : { ca: [...rootCertificates, ca] }),
      headers: { authorization: `Bearer ${token}` },
      handshakeTimeout: HANDSHAKE_MS,
    });
    const stop = (): void => socket.terminate();
    signal.addEventListener("abort", stop, { once: true });
    const settled = (): void => signal.removeEventListener("abort", stop);
    socket.once("open", () => {
      settled();
      resolve(socket);
    });
    socket.on("error", (error) => {
      settled();
      const trouble = certificateTrouble(server, error, { hasCa: ca !== undefined });
      if (trouble) reject(trouble);
      else resolve(`The server ${address.host} cannot be reached: ${error.message}.`);
    });
    socket.once("unexpected-response", (request, { statusCode = 0 }) => {
      settled();
      request.destroy();
      const refusal = refusalOf(statusCode, address);
      if (refusal) reject(refusal);
      else resolve(`The server ${address.host} has no place now (HTTP ${statusCode}).`);
    });
  });
}

function refusalOf(status: number, address: URL): CoreError | undefined {
  const received = `HTTP ${status} of ${address.host}`;
  if (status === 401)
    return new CoreError("unauthorized", {
      what: "The server does not know this token.",
      received,
      fix: "Use one of the role worker: on the server, `graft serve --worker-token FILE` writes one into a file.",
    });
  if (status === 403)
    return new CoreError("forbidden", {
      what: "This token is not a worker's.",
      received,
      fix: "Use one of the role worker: on the server, `graft serve --worker-token FILE` writes one into a file.",
    });
  if (status === 404)
    return new CoreError("not-found", {
      what: "There is no server of graft that takes workers at this address.",
      received,
      fix: "Look at the address that `graft serve` prints.",
    });
  return undefined;
}
