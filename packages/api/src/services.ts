import { Access } from "./identity/access.ts";
import { AccountService } from "./identity/account-service.ts";
import { AuditService } from "./identity/audit-service.ts";
import { GroupService } from "./identity/group-service.ts";
import { IdentityService } from "./identity/identity-service.ts";
import { KnownTokens } from "./identity/known-tokens.ts";
import { LinkService } from "./identity/link-service.ts";
import { OwnedData } from "./identity/owned-data.ts";
import { TokenService } from "./identity/token-service.ts";
import type { Ports } from "./ports/ports.ts";
import { SystemService } from "./system/system-service.ts";

/** What procedures and a host's own routes call. */
export interface Services {
  readonly system: SystemService;
  readonly identity: IdentityService;
  readonly access: Access;
  readonly audit: AuditService;
  readonly tokens: TokenService;
  readonly accounts: AccountService;
  readonly groups: GroupService;
  readonly links: LinkService;
}

export function createServices(ports: Ports): Services {
  const { repository, clock } = ports;
  const audit = new AuditService(ports);
  const known = new KnownTokens(ports);
  const owned = new OwnedData(repository, async (caller, dataset) => {
    await repository.datasets.remove(dataset);
    await audit.note(caller, "dataset-deleted", { dataset });
  });
  const identityParts = { repository, clock, known, audit, owned };
  const tokens = new TokenService(identityParts);
  return {
    system: new SystemService(ports),
    identity: new IdentityService(identityParts),
    access: new Access({ repository, audit }),
    ...{ audit, tokens },
    accounts: new AccountService(identityParts),
    groups: new GroupService(identityParts),
    links: new LinkService({ repository, tokens }),
  };
}
