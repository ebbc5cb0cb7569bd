import type { HttpLimits } from "../http/access/limits.ts";
import type { LogLevel } from "../http/observe/log.ts";

/** The port where nobody asks for another. */
export const DEFAULT_PORT = 4700;

/** What a server is started with; a host names each in its own way (`--tls-cert`). */
export interface ServerOptions {
  /** Folder of its store, blobs, caches and secrets. */
  readonly home: string;
  /** graft's. */
  readonly version: string;
  /** @default 4700, or a free one where that is taken */
  readonly port?: number | undefined;
  /** Address that it listens on. @default this machine alone; with `lan` all addresses of it */
  readonly bind?: string | undefined;
  /** Other names that it goes by, behind a proxy or in a network of containers. */
  readonly hostName?: readonly string[] | undefined;
  /** Proxies before it whose word about who asks is believed; see `trustedProxies`. @default none */
  readonly trustProxy?: string | undefined;
  /** Origins of other sites whose pages may call it. */
  readonly allowOrigin?: readonly string[] | undefined;
  /** Path of a certificate with its chain, and of its key; PEM. */
  readonly tlsCert?: string | undefined;
  readonly tlsKey?: string | undefined;
  /** Makes a certificate for this machine in its own network. */
  readonly lan?: boolean | undefined;
  /** Listens for other machines without encryption. */
  readonly insecure?: boolean | undefined;
  /** Children that train; they share the cores. @default 1 */
  readonly workers?: number | undefined;
  /** A file that keeps a token for workers of other machines; made where it is not there. */
  readonly workerToken?: string | undefined;
  /** Work that a killed worker of this machine may cost, as a `Workspace` has it. @default core's */
  readonly checkpointMs?: number | undefined;
  /** A folder, or the address of an S3-compatible store. @default one in the home */
  readonly blobs?: string | undefined;
  /** Of PostgreSQL. @default the embedded store of the home */
  readonly databaseUrl?: string | undefined;
  readonly logLevel?: LogLevel | undefined;
  readonly limits?: Partial<HttpLimits> | undefined;
  readonly env: NodeJS.ProcessEnv;
  /** Takes lines of the log. @default stderr */
  readonly writeLog?: ((line: string) => void) | undefined;
}
