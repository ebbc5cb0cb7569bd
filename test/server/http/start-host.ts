/** A real HTTP host on loopback over a router of a few procedures, with tokens in memory: for tests of HTTP alone. */
import { setTimeout as wait } from "node:timers/promises";
import { type Identity, PERMISSIONS, type Role, type Services } from "@graft/api";
import { CoreError } from "@graft/core";
import { type AnyTRPCRouter, tracked } from "@trpc/server";
import * as z from "zod";
import type { TokenReader } from "../../../apps/server/src/http/access/entrance.ts";
import { HTTP_LIMITS, type HttpLimits } from "../../../apps/server/src/http/access/limits.ts";
import { OpenStreams } from "../../../apps/server/src/http/access/open-streams.ts";
import { trustedProxies } from "../../../apps/server/src/http/edge/trusted-proxies.ts";
import { HttpHandler } from "../../../apps/server/src/http/http-handler.ts";
import { HttpHost, type HttpHostOptions } from "../../../apps/server/src/http/http-host.ts";
import { type LogLevel, openLog } from "../../../apps/server/src/http/observe/log.ts";
import { Metrics } from "../../../apps/server/src/http/observe/metrics.ts";
import type { RawRoute } from "../../../apps/server/src/http/raw/raw-route.ts";
import { sessionRoutes } from "../../../apps/server/src/http/raw/session-routes.ts";
import { plainPages } from "../../../apps/server/src/http/tls/plain-pages.ts";
import { type WorkerTaker, workerDoor } from "../../../apps/server/src/http/worker-door.ts";
import { openProcedure, procedure, router } from "../../../packages/api/src/rpc/trpc.ts";
import { systemRouter } from "../../../packages/api/src/system/system-router.ts";

const known = { admin: "own", member: "own", pupil: "own" } as const;
// the router calls nothing that is not in the table
Object.assign(PERMISSIONS, {
  ...{
    "things.echo": known,
    "things.make": known,
    "things.fail": known,
    "things.count": known,
    "things.wait": known,
  },
  "things.end": { admin: "own" },
  ...{ "uploads.send": known, "uploads.sent": known, "images.file": known, "images.thumbnail": known },
  ...{ "runs.file": known, "models.ask": known, "models.zip": known },
});

/** Calls of "things.wait" that have begun. */
export const waiting = { count: 0 };

const Things = z.object({
  thing: z.string(),
  size: z.int().min(0).optional(),
  isRound: z.boolean().default(false),
  colours: z.array(z.string()).optional(),
  sizes: z.array(z.number()).optional(),
  /** Null: of no class. */
  class: z.string().nullable().optional(),
});

export const thingsRouter = router({
  echo: procedure
    .meta({
      summary: "Says it again",
      method: "GET",
      path: "/things/{thing}",
      example: { thing: "ball", size: 3 },
    })
    .input(Things)
    .output(Things.extend({ isRound: z.boolean() }))
    .query(({ input }) => input),

  make: procedure
    .meta({
      summary: "Makes one",
      method: "POST",
      path: "/things/{thing}",
      example: { thing: "$thing", size: 3 },
    })
    .input(Things)
    .output(Things.extend({ isRound: z.boolean() }))
    .mutation(({ input }) => input),

  end: procedure
    .meta({ summary: "Ends one", method: "DELETE", path: "/things/{thing}", example: { thing: "ball" } })
    .input(z.object({ thing: z.string() }))
    .output(z.null())
    .mutation(() => null),

  wait: procedure
    .meta({ summary: "Takes its time", method: "GET", path: "/wait", example: { ms: 1 } })
    .input(z.object({ ms: z.int() }))
    .output(z.null())
    .query(async ({ input: { ms } }) => {
      waiting.count++;
      await wait(ms);
      return null;
    }),

  fail: procedure
    .meta({ summary: "Fails", method: "POST", path: "/fail", example: { how: "conflict" } })
    .input(z.object({ how: z.string() }))
    .output(z.null())
    .mutation(({ input: { how } }) => {
      if (how === "conflict")
        throw new CoreError("conflict", {
          what: "It is there already.",
          received: "ball",
          fix: "Take another.",
        });
      throw new TypeError(`a defect with a secret in it: ${how}`);
    }),

  count: procedure
    .meta({ summary: "Counts", method: "GET", path: "/things/{thing}/count", example: { thing: "ball" } })
    .input(
      z.object({
        thing: z.string(),
        to: z.int().default(5),
        everyMs: z.int().default(0),
        failAfter: z.int().optional(),
        lastEventId: z.string().nullish(),
      }),
    )
    .output(z.custom<AsyncIterable<unknown>>())
    .subscription(async function* ({ input: { to, everyMs, failAfter, lastEventId }, signal }) {
      for (let i = Number(lastEventId ?? 0) + 1; i <= to && !signal?.aborted; i++) {
        if (everyMs > 0) await wait(everyMs, undefined, signal ? { signal } : {}).catch(() => undefined);
        if (failAfter !== undefined && i > failAfter)
          throw new CoreError("not-found", { what: "It is gone." });
        if (!signal?.aborted) yield tracked(String(i), { i });
      }
    }),
});

export const testRouter = router({ system: systemRouter, things: thingsRouter });

/** Open to everybody, for the bench. */
export const emptyRouter = router({
  system: router({
    version: openProcedure
      .meta({ summary: "Nothing", method: "GET", path: "/system/version", example: {} })
      .output(z.object({ version: z.string(), api: z.literal(1) }))
      .query(() => ({ version: "0.1.0", api: 1 as const })),
  }),
});

/** Tokens by their text. */
export class TestTokens implements TokenReader {
  readonly revoked = new Set<string>();
  readonly #roles = new Map<string, Role>();

  constructor(roles: Readonly<Record<string, Role>>) {
    for (const [token, role] of Object.entries(roles)) this.#roles.set(token, role);
  }

  async byToken(token: string): Promise<Identity> {
    const role = this.#roles.get(token);
    if (role === undefined || this.revoked.has(`id-of-${role}`))
      throw new CoreError("unauthorized", { what: "This token lets nobody in." });
    const account = role === "member" || role === "pupil" ? role : "admin";
    return {
      account: {
        id: `account-${role}`,
        name: `a ${role}`,
        role: account,
        group: null,
        createdAt: 0,
        endsAt: null,
      },
      token: { id: `id-of-${role}`, name: role, role, scope: {}, endsAt: null },
    };
  }

  signIn(token: string): Promise<Identity> {
    return this.byToken(token);
  }

  async isStillValid({ token }: Identity): Promise<boolean> {
    return !this.revoked.has(token.id);
  }
}

export const ADMIN = `graft_${"a".repeat(56)}`;
export const MEMBER = `graft_${"m".repeat(56)}`;

export const WORKER = `graft_${"w".repeat(56)}`;
export const CONTRIBUTOR = `graft_${"c".repeat(56)}`;

export interface StartedHost extends AsyncDisposable {
  readonly url: string;
  readonly port: number;
  readonly tokens: TestTokens;
  readonly metrics: Metrics;
  readonly streams: OpenStreams;
  /** Lines of the log. */
  readonly log: string[];
  readonly host: HttpHost;
  isReady: boolean;
  /** Cuts every connection, as a network that breaks. */
  cutAll(): void;
}

/** The procedures above use no other service, and no port of this one. */
function servicesOf(): Services {
  const system = {
    version: () => ({ version: "0.1.0", api: 1 }),
    me: ({ account, token }: Identity) => ({
      ...{ account: account.id, name: account.name, role: token.role, endsAt: null },
    }),
  };
  return { system } as unknown as Services; // see above
}

export interface FixtureOptions {
  readonly limits?: Partial<HttpLimits>;
  readonly origins?: readonly string[];
  readonly names?: readonly string[];
  readonly raw?: (limits: HttpLimits) => readonly RawRoute[];
  readonly tls?: HttpHostOptions["tls"];
  readonly proxies?: string;
  /** @default tokens of this file */
  readonly tokenReader?: TokenReader;
  /** PEM. */
  readonly ca?: string;
  /** What does not know that it is TLS is told so. */
  readonly plainPages?: true;
  readonly level?: LogLevel;
  readonly hide?: (text: string) => string;
  readonly jobs?: readonly { readonly state: string; readonly kind: string }[];
  readonly workers?: WorkerTaker;
  /** What is behind the port is not there yet. */
  readonly isStarting?: true;
  readonly router?: AnyTRPCRouter;
}

export async function startHost(options: FixtureOptions = {}): Promise<StartedHost> {
  const { origins = [], names = [], raw, tls, level = "debug", router: served = testRouter } = options;
  const limits = { ...HTTP_LIMITS, ...options.limits };
  const tokens = new TestTokens({
    [ADMIN]: "admin",
    [MEMBER]: "member",
    [CONTRIBUTOR]: "contributor",
    [WORKER]: "worker",
  });
  const reader = options.tokenReader ?? tokens;
  const lines: string[] = [];
  const streams = new OpenStreams(limits);
  const metrics = new Metrics({ jobs: async () => options.jobs ?? [], openStreams: () => streams.total });
  const started = { isReady: true };
  const sites = { names: new Set(["127.0.0.1", "localhost", ...names]), origins: new Set(origins) };
  const handler = new HttpHandler({
    router: served,
    services: servicesOf(),
    tokens: reader,
    raw: [...sessionRoutes(reader, limits), ...(raw?.(limits) ?? [])],
    sites,
    ...{ limits, version: "0.1.0", metrics, streams, ca: () => options.ca },
    log: openLog({ level, hide: options.hide ?? ((text) => text), write: (line) => void lines.push(line) }),
    readiness: async () => (started.isReady ? undefined : "The store does not answer."),
  });
  const onError = (error: Error): void => void lines.push(`${error.message}\n`);
  const plain = options.plainPages ? { plainPages: plainPages(sites, () => options.ca) } : {};
  const proxies = options.proxies === undefined ? undefined : trustedProxies(options.proxies);
  const host = new HttpHost({ limits, tls, proxies, onError, ...plain });
  const { entrance } = handler;
  const upgrade = workerDoor({
    ...{ entrance, tokens: reader, sites, proxies, checkMs: limits.pingMs },
    workers: options.workers ?? { upgrade: (_, socket) => void socket.destroy(), end: () => undefined },
    onError: (_, error) => void lines.push(`${String(error)}\n`),
  });
  if (!options.isStarting) host.open({ handler, upgrade });
  const port = await host.listen(0, "127.0.0.1");
  return Object.assign(started, {
    ...{ port, tokens, metrics, streams, host, log: lines },
    cutAll: () => host.cutAll(),
    url: `${tls ? "https" : "http"}://127.0.0.1:${port}`,
    [Symbol.asyncDispose]: () => host.close(200),
  });
}
