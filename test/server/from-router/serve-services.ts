import { apiRouter } from "@graft/api";
import { HTTP_LIMITS } from "../../../apps/server/src/http/access/limits.ts";
import { OpenStreams } from "../../../apps/server/src/http/access/open-streams.ts";
import { HttpHandler } from "../../../apps/server/src/http/http-handler.ts";
import { HttpHost } from "../../../apps/server/src/http/http-host.ts";
import { openLog } from "../../../apps/server/src/http/observe/log.ts";
import { Metrics } from "../../../apps/server/src/http/observe/metrics.ts";
import { hostRoutes } from "../../../apps/server/src/http/raw/host-routes.ts";
import type { RawRoute } from "../../../apps/server/src/http/raw/raw-route.ts";
import type { TestServices } from "../open-services.ts";

/** Services behind a port of this machine, as a server has them. */
export interface Served extends AsyncDisposable {
  /** "http://127.0.0.1:4700/api/v1" */
  readonly api: string;
  readonly routes: readonly RawRoute[];
  /** Lines of the log. */
  readonly log: readonly string[];
}

export async function serve({ services, ports, backups }: TestServices): Promise<Served> {
  const log: string[] = [];
  const limits = HTTP_LIMITS;
  const routes = hostRoutes({ ...services, backups }, limits);
  const streams = new OpenStreams(limits);
  const handler = new HttpHandler({
    ...{ router: apiRouter, services, tokens: services.identity, raw: routes, limits, streams },
    sites: { names: new Set(["127.0.0.1"]), origins: new Set() },
    version: ports.version,
    log: openLog({ level: "debug", hide: (text) => text, write: (line) => void log.push(line) }),
    metrics: new Metrics({ jobs: () => ports.jobs.list(), openStreams: () => streams.total }),
    readiness: async () => undefined,
    ca: () => undefined,
  });
  const host = new HttpHost({ limits, tls: undefined, onError: (error) => void log.push(error.message) });
  host.open({ handler, upgrade: async (_, socket) => void socket.destroy() });
  const port = await host.listen(0, "127.0.0.1");
  return {
    ...{ api: `http://127.0.0.1:${port}/api/v1`, routes, log },
    [Symbol.asyncDispose]: () => host.close(200),
  };
}
