import { type IdentityServices, identityServices } from "./identity/identity-services.ts";
import type { Ports } from "./ports/ports.ts";
import { SystemService } from "./system/system-service.ts";

/** What procedures and a host's own routes call. */
export interface Services extends IdentityServices {
  readonly system: SystemService;
}

export function createServices(ports: Ports): Services {
  const identity = identityServices(ports, async (caller, dataset) => {
    await ports.repository.datasets.remove(dataset);
    await identity.audit.note(caller, "dataset-deleted", { dataset });
  });
  return { ...identity, system: new SystemService(ports) };
}
