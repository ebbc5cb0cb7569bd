import { trustedProxies } from "../http/edge/trusted-proxies.ts";
import { checkDoor } from "./door.ts";
import type { ServerOptions } from "./server-options.ts";

/**
 * Looks at what a server is to be started with, and at nothing else: a host tells these as faults of whoever starts it.
 * @throws CoreError `bad-input`, as `startServer` would.
 */
export function checkOptions(options: Omit<ServerOptions, "home" | "version" | "env">): void {
  checkDoor(options);
  if (options.trustProxy !== undefined) trustedProxies(options.trustProxy);
}
