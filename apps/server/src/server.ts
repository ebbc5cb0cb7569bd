import { apiRouter, hideSecrets } from "@graft/api";
import { CoreError } from "@graft/core";
import { HTTP_LIMITS } from "./http/access/limits.ts";
import { OpenStreams } from "./http/access/open-streams.ts";
import { trustedProxies } from "./http/edge/trusted-proxies.ts";
import { HttpHandler } from "./http/http-handler.ts";
import { HttpHost } from "./http/http-host.ts";
import { type Logger, openLog } from "./http/observe/log.ts";
import { Metrics } from "./http/observe/metrics.ts";
import { sessionRoutes } from "./http/raw/session-routes.ts";
import { lanText } from "./http/tls/lan-text.ts";
import { plainPages } from "./http/tls/plain-pages.ts";
import { workerDoor } from "./http/worker-door.ts";
import { type AdminToken, adminToken } from "./serve/admin-token.ts";
import { type Door, doorUrl, openDoor, renewed } from "./serve/door.ts";
import { drain } from "./serve/drain.ts";
import { forgetAddress, tellAddress } from "./serve/home-address.ts";
import { lockHome } from "./serve/home-lock.ts";
import { openParts } from "./serve/open-parts.ts";
import type { Parts } from "./serve/parts.ts";
import { DEFAULT_PORT, type ServerOptions } from "./serve/server-options.ts";
import { workerToken } from "./serve/worker-token.ts";

/** How long jobs have to stop where they can be gone on from. */
const GRACE_MS = 20_000;
/** How long requests under way have to end. */
const PATIENCE_MS = 5000;
/** How long the store, and what stands on it, have to close. */
const CLOSE_MS = 10_000;
/** How often it is looked whether the machine has another address, and the certificate is near its end. */
const RENEW_MS = 10 * 60_000;

export interface RunningServer extends AsyncDisposable {
  /** "http://127.0.0.1:4700" */
  readonly url: string;
  readonly port: number;
  readonly admin: AdminToken;
  /** What its owner should know, a sentence each. */
  readonly warnings: readonly string[];
  /** Of `lan`: a QR code and words for people with phones. */
  readonly lanText: string | undefined;
  /** Takes no more requests, stops jobs where they can be gone on from, closes the store. */
  close(): Promise<void>;
}

/**
 * Serves a home: its store, its queue and its workers, on one port.
 * @throws CoreError `conflict` when a server has the home or the port already, `bad-input` for options that do not go together,
 *   what the store, the blobs and the queue throw. Nothing stays open then.
 */
export async function startServer(options: ServerOptions): Promise<RunningServer> {
  const { logLevel = "info", writeLog } = options;
  const log = openLog({ level: logLevel, hide: hideSecrets, ...(writeLog ? { write: writeLog } : {}) });
  /** What ends what was begun, in the order of the beginning. */
  const ends: (() => Promise<void>)[] = [];
  try {
    return await begin(options, log, ends);
  } catch (error) {
    for (const end of ends.reverse())
      await end().catch((cause: unknown) => log.error({ err: cause }, "close"));
    throw error;
  }
}

async function begin(
  options: ServerOptions,
  log: Logger,
  ends: (() => Promise<void>)[],
): Promise<RunningServer> {
  const { home, version } = options;
  const proxies = options.trustProxy === undefined ? undefined : trustedProxies(options.trustProxy);
  let door = await openDoor(options);
  const lock = await lockHome(home);
  ends.push(() => lock.release());

  // the port first: a store that is made or moved takes a while, and a port that is another's is told at once
  const limits = { ...HTTP_LIMITS, ...options.limits };
  const sites = { names: new Set(door.names), origins: new Set(options.allowOrigin ?? []) };
  const ca = (): string | undefined => door.lan?.ca;
  const http = new HttpHost({
    ...{ limits, tls: door.tls, proxies },
    onError: (error) => log.error({ err: error }, "The port is in trouble."),
    ...(door.tls ? { plainPages: plainPages(sites, ca) } : {}),
  });
  const port = await listen(http, options.port, door.bind);
  ends.push(() => http.close(0));

  const streams = new OpenStreams(limits);
  let parts: Parts | undefined;
  let isClosing = false;
  const metrics = new Metrics({
    jobs: async () => (await parts?.jobs.list()) ?? [],
    openStreams: () => streams.total,
  });
  parts = await openParts({
    ...{ home, version, blobs: options.blobs, databaseUrl: options.databaseUrl, env: options.env },
    ...{ workers: options.workers ?? 1, checkpointMs: options.checkpointMs, log },
    onJobEnd: (kind, end, seconds) => metrics.job(kind, end, seconds),
    onImages: (what, count) => metrics.images(what, count),
  });
  const { services, raw, trouble, work, stopWork, isStoreAway, remoteWorkers, close: closeParts } = parts;
  ends.push(closeParts);
  const tokens = services.identity;
  const admin = await adminToken(home, tokens);
  if (options.workerToken !== undefined) await workerToken(options.workerToken, tokens);
  await work();

  const handler = new HttpHandler({
    ...{ router: apiRouter, services, tokens, sites, limits, version, log, metrics, streams, ca },
    raw: [...sessionRoutes(tokens, limits), ...raw(limits)],
    readiness: async () => (isClosing ? "The server is ending." : trouble()),
  });
  const upgrade = workerDoor({
    ...{ workers: remoteWorkers, entrance: handler.entrance, tokens, sites, proxies, checkMs: limits.pingMs },
    onError: (exchange, error) => log.info({ err: error, from: exchange.from }, "A worker was refused."),
  });
  http.open({ handler, upgrade });
  const timer = setInterval(() => void renew(), RENEW_MS);
  timer.unref();
  const url = doorUrl(door, options, port);
  await tellAddress(home, { url, ca: door.lan?.ca });
  log.info({ url, bind: door.bind, store: parts.storeName }, "The server is ready.");

  async function renew(): Promise<void> {
    try {
      const next = await renewed(door, options);
      if (next?.tls === undefined) return;
      for (const name of next.names) sites.names.add(name);
      http.setTls(next.tls);
      door = next;
      await tellAddress(home, { url, ca: door.lan?.ca });
      const told = { addresses: next.outside.addresses, fingerprint: next.lan?.fingerprint };
      log.warn(told, "The certificate is another one now.");
    } catch (error) {
      log.error({ err: error }, "The certificate cannot be renewed.");
    }
  }

  async function close(): Promise<void> {
    isClosing = true;
    clearInterval(timer);
    log.info("The server ends.");
    const told = { log, trouble: () => (isStoreAway() ? "The database does not answer." : undefined) };
    const work = { "requests to end": http.close(PATIENCE_MS), "jobs to stop": stopWork(GRACE_MS) };
    await drain(work, { ...told, lastMs: GRACE_MS + PATIENCE_MS });
    await drain({ "the store to close": closeParts() }, { ...told, lastMs: CLOSE_MS });
    await forgetAddress(home);
    await lock.release();
    log.info("The server has ended.");
  }

  let closed: Promise<void> | undefined;
  const closeOnce = (): Promise<void> => {
    closed ??= close();
    return closed;
  };
  return {
    ...{ url, port, admin, lanText: lanTextOf(door, port) },
    warnings: [...door.warnings, ...(options.workers === 0 ? [noWorkers(url)] : [])],
    close: closeOnce,
    [Symbol.asyncDispose]: closeOnce,
  };
}

/** The usual port may be another server's, which is nobody's wish; a port that was asked for is. */
async function listen(http: HttpHost, port: number | undefined, bind: string): Promise<number> {
  if (port !== undefined) return http.listen(port, bind);
  try {
    return await http.listen(DEFAULT_PORT, bind);
  } catch (error) {
    if (!(error instanceof CoreError) || error.code !== "conflict") throw error;
    return http.listen(0, bind);
  }
}

/** Of a server that is started so on purpose, and of a machine whose owner does not know what it means. */
const noWorkers = (url: string): string =>
  `Nothing trains here by itself (\`workers: 0\`): what is asked for waits until a worker signs in. Start one with \`graft worker --server ${url} --token TOKEN\`, and a token of the role worker; \`workerToken\` keeps one in a file.`;

function lanTextOf({ lan, outside }: Door, port: number): string | undefined {
  if (lan === undefined) return undefined;
  const { fingerprint, isNew } = lan;
  return lanText({ ...outside, port, fingerprint, isNew });
}
