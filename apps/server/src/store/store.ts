import type { PGlite } from "@electric-sql/pglite";
import type { Repository } from "@graft/api";
import type { Db } from "pg-boss";
import type { Database } from "./database.ts";
import type { Patience } from "./patience.ts";

export interface StoreOptions {
  /** Folder of this graft's files; the embedded store lies in `server/store` of it. */
  readonly home?: string;
  /** Of a PostgreSQL server, 15 or newer: `postgres://user:password@host/database`. @default the embedded store of `home` */
  readonly url?: string;
  /**
   * Of the embedded store: whether a change is on the disk before it counts as done. Without it a machine that loses power may
   * lose the whole store; a killed process never does. @default true
   */
  readonly isSynced?: boolean;
  /** Told what its owner should know: that rows are brought into a new form, and where their copy is. */
  readonly onNotice?: (notice: string) => void;
}

export interface OpenOptions {
  readonly isSynced?: boolean | undefined;
  readonly onNotice: (notice: string) => void;
  /** Folder of the changes of the store's form. @default this version's */
  readonly migrations?: string | undefined;
  /** Of the embedded store, by PostgreSQL's version: what opens folders of earlier ones. @default those that graft carries */
  readonly olderEngines?: ReadonlyMap<string, (folder: string) => Promise<PGlite>> | undefined;
}

/** What pg-boss is to be constructed with. */
export type QueueDatabase =
  | { readonly connectionString: string; readonly useListenNotify: true }
  | { readonly db: Db; readonly backend: "pglite"; readonly useListenNotify: true };

export interface Store extends AsyncDisposable {
  readonly kind: "pglite" | "postgres";
  /** For people: a folder's path, a database's address without its password. */
  readonly name: string;
  readonly repository: Repository;
  /** For copying and backups; all else goes through the repository. */
  readonly database: Database;
  readonly queue: QueueDatabase;
  /** Of the repository, and of the queue on the same database. */
  readonly patience: Patience;
}

/** A store whose rows nobody asks for yet. */
export type OpenedDatabase = Omit<Store, "repository" | "patience">;
