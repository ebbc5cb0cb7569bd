import type { Ports } from "./ports/ports.ts";
import { SystemService } from "./system/system-service.ts";

/** What procedures and a host's own routes call. */
export interface Services {
  readonly system: SystemService;
}

export function createServices(ports: Ports): Services {
  return { system: new SystemService(ports) };
}
