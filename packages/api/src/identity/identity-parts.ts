import type { Clock } from "../ports/clock.ts";
import type { Repository } from "../ports/repository.ts";
import type { AuditService } from "./audit-service.ts";
import type { KnownTokens } from "./known-tokens.ts";
import type { OwnedData } from "./owned-data.ts";

/** What the services of this folder share. */
export interface IdentityParts {
  readonly repository: Repository;
  readonly clock: Clock;
  readonly known: KnownTokens;
  readonly audit: AuditService;
  readonly owned: OwnedData;
}

/** What those need that know tokens and make them. */
export type TokenParts = Omit<IdentityParts, "owned">;
