import { rm } from "node:fs/promises";
import { type BlobFacts, type BlobKeeper, type BlobStore, newId, STORE_ID } from "@graft/api";
import { CoreError } from "@graft/core";
import { openUnfinished, unfinishedPath } from "../blobs/left-overs.ts";
import type { Store } from "../store/store.ts";
import { storeError } from "../store/store-error.ts";
import { BACKUP_VERSION, type BackupManifest } from "./archive/backup-form.ts";
import { archiveBytes, writeArchive } from "./archive/write-archive.ts";
import { type SpooledTable, spooledRows, spoolRows } from "./spool-rows.ts";
import { type Moment, takeMoment } from "./take-moment.ts";

export interface BackupParts {
  readonly store: Pick<Store, "kind" | "database" | "repository">;
  readonly blobs: BlobStore;
  readonly keeper: Pick<BlobKeeper, "drop">;
  /** Where rows lie until they are sent. */
  readonly folder: string;
  /** graft's. */
  readonly version: string;
  readonly clock: () => number;
}

/** A backup that is ready to be taken; disposing lets go of what it holds. */
export interface OpenedBackup extends AsyncDisposable {
  /** "graft-backup-2026-11-29.tar" */
  readonly name: string;
  readonly bytes: number;
  readonly manifest: BackupManifest;
  stream(): AsyncIterable<Uint8Array>;
}

/** Of a process that was killed nothing is heard for so long; then what it held may go. */
const HOLD_MS = 60 * 60_000;
const RENEW_MS = HOLD_MS / 4;
const NAMED_IN_ERROR = 3;

/** Makes backups of a store that goes on working: one at a time. */
export class BackupMaker {
  readonly #parts: BackupParts;
  #isUnderWay = false;

  constructor(parts: BackupParts) {
    this.#parts = parts;
  }

  /**
   * Takes the rows of this moment and holds the blobs that they name.
   * @throws CoreError `busy` while another one is made, `corrupt` when a blob is missing in the store, `disk-full`, what the store throws.
   */
  async open(): Promise<OpenedBackup> {
    if (this.#isUnderWay)
      throw new CoreError("busy", {
        what: "Another backup is being made.",
        fix: "Wait for its end, and try again.",
      });
    this.#isUnderWay = true;
    const end = (): void => {
      this.#isUnderWay = false;
    };
    try {
      return await openBackup(this.#parts, end);
    } catch (error) {
      end();
      throw storeError(error);
    }
  }
}

async function openBackup(parts: BackupParts, onEnd: () => void): Promise<OpenedBackup> {
  const { store, blobs, keeper, folder, version, clock } = parts;
  await openUnfinished(folder);
  const path = unfinishedPath(folder);
  const id = newId();
  const madeAt = clock();
  let held: readonly string[] = [];
  const renewal = (): { readonly id: string; readonly until: number } => ({ id, until: clock() + HOLD_MS });
  const timer = setInterval(() => {
    // one that fails is tried again before the hold ends
    store.repository.blobs.hold(held, renewal()).catch(() => undefined);
  }, RENEW_MS);
  timer.unref();
  const letGo = async (): Promise<void> => {
    clearInterval(timer);
    try {
      await rm(path, { force: true });
      await store.repository.blobs.releaseHold(id);
      // what was removed meanwhile goes now; a deletion that fails is marked, and finished later
      await keeper.drop(held).catch(() => undefined);
    } finally {
      onEnd();
    }
  };
  try {
    const moment = await takeMoment(store, renewal(), (tx) => spoolRows(tx, path));
    held = moment.blobs.map(({ hash }) => hash);
    const sized = await sizesOf(blobs, moment.blobs);
    const manifest: BackupManifest = {
      ...{ form: "graft-backup", version: BACKUP_VERSION, graft: version },
      madeAt: new Date(madeAt).toISOString(),
      store: (await store.repository.leases.holder(STORE_ID, madeAt)) ?? "",
      migrations: [...moment.migrations],
      tables: moment.rows.map(({ table, rows, bytes, hash }) => ({ table, rows, bytes, hash })),
      blobs: { count: sized.length, bytes: sized.reduce((sum, { bytes }) => sum + bytes, 0) },
    };
    return {
      ...{ manifest, name: `graft-backup-${manifest.madeAt.slice(0, 10)}.tar` },
      bytes: archiveBytes({ manifest, blobs: sized }),
      stream: () => archiveOf({ manifest, blobs: sized, path, moment, from: blobs }),
      [Symbol.asyncDispose]: letGo,
    };
  } catch (error) {
    await letGo();
    throw error;
  }
}

function archiveOf({
  manifest,
  blobs,
  path,
  moment,
  from,
}: {
  readonly manifest: BackupManifest;
  readonly blobs: readonly BlobFacts[];
  readonly path: string;
  readonly moment: Moment<readonly SpooledTable[]>;
  readonly from: BlobStore;
}): AsyncIterable<Uint8Array> {
  const tables = new Map(moment.rows.map((table) => [table.table, table]));
  return writeArchive({
    ...{ manifest, blobs, blob: (hash) => from.stream(hash) },
    rows: (name) => {
      const table = tables.get(name);
      return table ? spooledRows(path, table) : [];
    },
  });
}

/** Length of each blob, from the store's list. @throws CoreError `corrupt` for what is not there. */
async function sizesOf(
  blobs: BlobStore,
  named: readonly { readonly hash: string }[],
): Promise<readonly BlobFacts[]> {
  const wanted = new Set(named.map(({ hash }) => hash));
  const found: BlobFacts[] = [];
  for await (const page of blobs.list())
    for (const { hash, bytes } of page) if (wanted.delete(hash)) found.push({ hash, bytes });
  if (wanted.size === 0) return found;
  const some = [...wanted].slice(0, NAMED_IN_ERROR).join(", ");
  throw new CoreError(
    "corrupt",
    {
      what: "Bytes that the store names are missing, and a backup without them would not be whole.",
      received: `${wanted.size} missing in ${blobs.name}: ${some}${wanted.size > NAMED_IN_ERROR ? ", …" : ""}`,
      fix: "Bring them back from an earlier backup, or delete what needs them.",
    },
    { facts: { missing: wanted.size } },
  );
}
