import type { Clock } from "../ports/clock.ts";
import { newId } from "../ports/clock.ts";
import type { AuditRow } from "../ports/keeping-rows.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { Repository } from "../ports/repository.ts";
import { accountOf, type Caller, owns } from "./identity.ts";
import { RateLimit } from "./rate.ts";

/** Somebody whom no token makes known. */
export interface Stranger {
  readonly from: string | null;
  /** Whose token it was, where there was one. */
  readonly account?: string;
  readonly token?: string;
}

/** An admin who looks through a member's data set leaves one line an hour, not one a picture. */
const ONCE_AN_HOUR = { burst: 1, perMinute: 1 / 60 } as const;

/** What is kept with who, when and from where. */
export class AuditService {
  readonly #repository: Repository;
  readonly #clock: Clock;
  readonly #looks: RateLimit;

  constructor({ repository, clock }: { readonly repository: Repository; readonly clock: Clock }) {
    this.#repository = repository;
    this.#clock = clock;
    this.#looks = new RateLimit(clock);
  }

  /** @param facts ids and names; never a secret. */
  async note(who: Caller | Stranger, what: AuditRow["what"], facts: AuditRow["facts"] = {}): Promise<void> {
    const known = "identity" in who ? who.identity : undefined;
    const stranger = "identity" in who ? undefined : who;
    await this.#repository.audit.add({
      ...{ id: newId(), at: this.#clock(), what, from: who.from, facts },
      by: known?.account.id ?? stranger?.account ?? null,
      token: known?.token.id ?? stranger?.token ?? null,
    });
  }

  /** Notes that an admin sees what is another's; once an hour for each thing. */
  async look(
    caller: Caller,
    thing: {
      readonly kind: "dataset" | "run" | "search" | "model-job";
      readonly id: string;
      readonly owner: string;
    },
  ): Promise<void> {
    const { identity } = caller;
    if (thing.owner === identity.account.id || !owns(identity, thing.owner)) return;
    if (this.#looks.take(`${identity.token.id} ${thing.id}`, ONCE_AN_HOUR) > 0) return;
    await this.note(caller, "data-of-another", { [thing.kind]: thing.id, owner: thing.owner });
  }

  /** Newest first: what was done under the own account; an admin sees all, or what was done under one account. */
  async page(
    { identity }: Caller,
    request: PageRequest & { readonly by?: string | undefined },
  ): Promise<Page<AuditRow>> {
    return this.#repository.audit.page({ ...request, by: accountOf(identity, request.by) });
  }
}
