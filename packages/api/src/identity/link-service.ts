import type { Repository } from "../ports/repository.ts";
import { type Caller, notThere } from "./identity.ts";
import type { MadeToken } from "./token-row.ts";
import type { TokenService } from "./token-service.ts";

/** A link to try has a rate of its own, so that who has it does not take the server from others. */
export const TRY_PER_MINUTE = 60;

/** What a link is for, told to who came by it. */
export interface LinkFacts {
  readonly kind: "contribute" | "predict" | "try";
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly endsAt: number | null;
  readonly dataset: { readonly id: string; readonly name: string } | null;
  readonly class: { readonly id: string; readonly name: string } | null;
  readonly runs: readonly { readonly id: string; readonly number: number; readonly name: string | null }[];
  readonly perMinute: number | null;
}

/** Links: tokens for who has no account, narrowed to one thing and to a date. */
export class LinkService {
  readonly #repository: Repository;
  readonly #tokens: TokenService;

  constructor(parts: { readonly repository: Repository; readonly tokens: TokenService }) {
    this.#repository = parts.repository;
    this.#tokens = parts.tokens;
  }

  /** A link that adds pictures to one class. @throws CoreError `not-found`, `bad-input`. */
  contribute(
    caller: Caller,
    asked: {
      readonly dataset: string;
      readonly class: string;
      readonly name: string;
      readonly endsAt: number;
    },
  ): Promise<MadeToken> {
    return this.#tokens.create(caller, { ...asked, role: "contributor" });
  }

  /** A link that asks one model, of which nothing is kept. @throws CoreError `not-found`, `bad-input`. */
  tryOut(
    caller: Caller,
    asked: {
      readonly run: string;
      readonly name: string;
      readonly endsAt: number;
      readonly perMinute?: number | undefined;
    },
  ): Promise<MadeToken> {
    const { run, name, endsAt, perMinute = TRY_PER_MINUTE } = asked;
    return this.#tokens.create(caller, {
      ...{ name, endsAt, perMinute, role: "predict", runs: [run], isTryLink: true },
    });
  }

  /** @throws CoreError `not-found` where what the link was for has been deleted. */
  async here({ identity }: Caller): Promise<LinkFacts> {
    const { name, role, scope, endsAt } = identity.token;
    const base = { name, endsAt, dataset: null, class: null, runs: [], perMinute: scope.perMinute ?? null };
    if (role !== "contributor") {
      const kind = scope.isTryLink === true ? "try" : "predict";
      return { ...base, kind, runs: await this.#runs(scope.runs ?? []) };
    }
    const id = scope.dataset ?? "";
    const dataset = await this.#repository.datasets.get(id);
    if (!dataset) throw notThere("data set", id);
    const one = (await this.#repository.datasets.classes(id)).find((row) => row.id === scope.class);
    if (!one) throw notThere("class", scope.class ?? "");
    return {
      ...{ ...base, kind: "contribute" },
      dataset: { id, name: dataset.name },
      class: { id: one.id, name: one.name },
    };
  }

  /** Those that are still there. */
  async #runs(ids: readonly string[]): Promise<LinkFacts["runs"]> {
    const runs = await Promise.all(ids.map((id) => this.#repository.runs.get(id)));
    return runs.flatMap((run) => (run ? [{ id: run.id, number: run.number, name: run.name }] : []));
  }
}
