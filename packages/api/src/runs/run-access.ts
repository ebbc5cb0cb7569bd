import { type Caller, notThere, owns } from "../identity/identity.ts";
import type { DatasetRepository, RunRepository } from "../ports/repository.ts";
import type { AuditRow, DatasetRow, RunRow } from "../ports/rows.ts";

/** What is kept with who, when and from where. */
export interface RunAudit {
  note(caller: Caller, what: AuditRow["what"], facts?: AuditRow["facts"]): Promise<void>;
  /** An admin sees what is another's. */
  look(
    caller: Caller,
    thing: { readonly kind: "dataset" | "run"; readonly id: string; readonly owner: string },
  ): Promise<void>;
}

/** Finds what a caller may see. */
export class RunAccess {
  readonly #runs: RunRepository;
  readonly #datasets: DatasetRepository;
  readonly #audit: RunAudit;

  constructor(options: {
    readonly runs: RunRepository;
    readonly datasets: DatasetRepository;
    readonly audit: RunAudit;
  }) {
    this.#runs = options.runs;
    this.#datasets = options.datasets;
    this.#audit = options.audit;
  }

  /** @throws CoreError `not-found`, for another's too. */
  async run(caller: Caller, id: string): Promise<RunRow> {
    const row = await this.#runs.get(id);
    if (!row || !owns(caller.identity, row.owner)) throw notThere("run", id);
    await this.#audit.look(caller, { kind: "run", id, owner: row.owner });
    return row;
  }

  /** @throws CoreError `not-found`, for another's too. */
  async dataset(caller: Caller, id: string): Promise<DatasetRow> {
    const row = await this.#datasets.get(id);
    if (!row || !owns(caller.identity, row.owner)) throw notThere("data set", id);
    await this.#audit.look(caller, { kind: "dataset", id, owner: row.owner });
    return row;
  }
}
