/** Rows of the server itself: who works for it, and what is kept of what people did. */
/** A process that does jobs. */
export interface WorkerRow {
  readonly id: string;
  readonly name: string;
  /** graft's version. */
  readonly version: string;
  /** Of this server, or of another machine. */
  readonly kind: "local" | "remote";
  /** Backends that it has, by id. */
  readonly backends: readonly string[];
  /** Whatever a job may name: those ids, and kinds of the ones that are taken without being named. */
  readonly names: readonly string[];
  /** By backend: names that those share who compute the same features into the same cache; with a "/" in it: not the server's own. */
  readonly groups: readonly string[];
  readonly threads: number;
  readonly startedAt: number;
  readonly heardAt: number;
  /** Account whose jobs alone it does; null: everybody's. */
  readonly owner: string | null;
  /**
   * starting: it looks at what its machine has, and claims nothing yet. refused: it has another version of graft than the server,
   * which sent it away when it was heard last.
   */
  readonly state: "starting" | "ready" | "refused";
  /** What it works on. */
  readonly job: string | null;
}

/** Something that is kept with who, when and from where. */
export interface AuditRow {
  readonly id: string;
  readonly at: number;
  readonly what:
    | ("token-made" | "token-revoked" | "sign-in" | "sign-in-refused")
    | ("account-made" | "account-ended" | "account-deleted" | "group-made" | "group-ended" | "group-deleted")
    | ("dataset-deleted" | "images-deleted" | "run-deleted" | "model-downloaded" | "data-of-another")
    | ("backup-made" | "storage-freed");
  /** Account; null: nobody that is known. */
  readonly by: string | null;
  readonly token: string | null;
  /** Address. */
  readonly from: string | null;
  /** Ids and names; never a secret. */
  readonly facts: Readonly<Record<string, unknown>>;
}
