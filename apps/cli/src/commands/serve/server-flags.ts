import type { ServerOptions } from "@graft/server";
import { UsageError } from "../../exit/exit-codes.ts";
import { postgresUrl } from "../../options/postgres-url.ts";
import type { Flags } from "../../session/context.ts";

const LEVELS = ["fatal", "error", "warn", "info", "debug", "trace", "silent"] as const;

const textOf = (value: unknown): string | undefined => (typeof value === "string" ? value : undefined);
const numberOf = (value: unknown): number | undefined => (typeof value === "number" ? value : undefined);
const textsOf = (value: unknown): readonly string[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === "string") : [];

/** Flags of `graft serve` as the server's options. @throws UsageError for an origin or a database that is none. */
export function serverOptions(
  flags: Flags,
  variables: NodeJS.ProcessEnv,
): Omit<ServerOptions, "home" | "version" | "env"> {
  return {
    ...{ port: numberOf(flags.port), bind: textOf(flags.bind), workers: numberOf(flags.workers) },
    ...{ lan: flags.lan === true, insecure: flags.insecure === true },
    ...{ tlsCert: textOf(flags.tlsCert), tlsKey: textOf(flags.tlsKey), blobs: textOf(flags.blobs) },
    ...{ workerToken: textOf(flags.workerToken), trustProxy: textOf(flags.trustProxy) },
    hostName: textsOf(flags.hostName),
    allowOrigin: textsOf(flags.allowOrigin).map(originOf),
    logLevel: LEVELS.find((level) => level === flags.logLevel),
    databaseUrl: postgresUrl(variables.DATABASE_URL, "DATABASE_URL"),
  };
}

/** "https://example.org", as a browser says it. @throws UsageError */
function originOf(text: string): string {
  if (URL.canParse(text)) {
    const { origin, protocol, pathname, search, hash } = new URL(text);
    if (/^https?:$/.test(protocol) && pathname === "/" && search === "" && hash === "") return origin;
  }
  throw new UsageError(
    `--allow-origin: this is no origin of a site. Received: ${JSON.stringify(text)}. Expected: such as https://example.org, without a path.`,
  );
}
