import type { Clock } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import { Access } from "./access.ts";
import { AccountService } from "./account-service.ts";
import { AuditService } from "./audit-service.ts";
import { GroupService } from "./group-service.ts";
import { IdentityService } from "./identity-service.ts";
import { KnownTokens } from "./known-tokens.ts";
import { LinkService } from "./link-service.ts";
import { type DeleteDataset, OwnedData } from "./owned-data.ts";
import { TokenService } from "./token-service.ts";

/** Who may come in, whose things are whose, and what is kept of it. */
export interface IdentityServices {
  readonly identity: IdentityService;
  readonly access: Access;
  readonly audit: AuditService;
  readonly tokens: TokenService;
  readonly accounts: AccountService;
  readonly groups: GroupService;
  readonly links: LinkService;
}

/** Other services need `access` and `audit` of these, and these need what deletes a data set when an account is deleted. */
export function identityServices(
  ports: { readonly repository: Repository; readonly clock: Clock },
  deleteDataset: DeleteDataset,
): IdentityServices {
  const { repository, clock } = ports;
  const audit = new AuditService(ports);
  const known = new KnownTokens(ports);
  const owned = new OwnedData(repository, deleteDataset);
  const parts = { repository, clock, known, audit, owned };
  const tokens = new TokenService(parts);
  return {
    identity: new IdentityService(parts),
    access: new Access(parts),
    audit,
    tokens,
    accounts: new AccountService(parts),
    groups: new GroupService(parts),
    links: new LinkService({ repository, tokens }),
  };
}
