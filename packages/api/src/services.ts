import { type IdentityServices, identityServices } from "./identity/identity-services.ts";
import type { Ports } from "./ports/ports.ts";
import { type RunNeeds, type RunServices, runServices } from "./runs/run-services.ts";
import { SystemService } from "./system/system-service.ts";

/** What procedures and a host's own routes call. */
export interface Services extends IdentityServices, RunServices {
  readonly system: SystemService;
}

export function createServices(ports: Ports, needs: RunNeeds): Services {
  const identity = identityServices(ports, async (caller, dataset) => {
    await ports.repository.datasets.remove(dataset);
    await identity.audit.note(caller, "dataset-deleted", { dataset });
  });
  return { ...identity, ...runServices(ports, needs), system: new SystemService(ports) };
}
