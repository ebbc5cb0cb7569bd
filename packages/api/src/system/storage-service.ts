import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import { SETTLED_MS, storageFacts } from "../blobs/storage-facts.ts";
import type { AuditService } from "../identity/audit-service.ts";
import type { Caller } from "../identity/identity.ts";
import { FREEABLE_HOST_KINDS, type FreeableHostKind, type HostRoom } from "../ports/host-storage.ts";
import type { Ports } from "../ports/ports.ts";
import type { BlobKind, RunFileRow } from "../ports/rows.ts";
import type { RunDigests } from "../runs/digests.ts";
import { dropRunFiles } from "../runs/drop-run-files.ts";
import { lookingSpeed } from "../runs/looking-speed.ts";
import { DONE_WITH, UNDER_WAY } from "../runs/run-state.ts";
import { type FreeableKind, STORAGE_KINDS, type StorageRoom, storageWords } from "./storage-words.ts";

export interface StorageParts {
  readonly ports: Pick<Ports, "repository" | "blobs" | "clock" | "storage" | "host">;
  readonly keeper: Pick<BlobKeeper, "drop" | "sweep">;
  readonly audit: Pick<AuditService, "note">;
  readonly digests: Pick<RunDigests, "of">;
}

/** What one kind of things takes, and what of it can go. */
export interface StorageView extends StorageRoom, ReturnType<typeof storageWords> {}

/** What is gone. */
export interface Freed {
  readonly kind: FreeableKind;
  readonly bytes: number;
  readonly count: number | null;
}

/** An export's files are of use together. */
const formatOf = ({ path }: RunFileRow): string => path.split("/").slice(0, 2).join("/");

const isOfHost = (kind: FreeableKind): kind is FreeableHostKind =>
  FREEABLE_HOST_KINDS.some((one) => one === kind);

/** What takes room on a server, and the giving up of what can be had again. Nothing of it is anybody's work. */
export class StorageService {
  readonly #parts: StorageParts;

  constructor(parts: StorageParts) {
    this.#parts = parts;
  }

  /** It reads the lists of all rows that name blobs and of all blobs. Of host's places it knows those of this host alone. */
  async rooms(): Promise<{ readonly kinds: readonly StorageView[]; readonly freeDiskBytes: number | null }> {
    const { ports } = this.#parts;
    const { kinds, unnamed } = await storageFacts(ports);
    const rooms = [
      ...kinds.map(({ kind, blobs: count, bytes, settledBytes }) => {
        const canGo = kind === "old-checkpoint" || kind === "export";
        return { kind, count, bytes, freeableBytes: canGo ? settledBytes : 0 };
      }),
      {
        ...({ kind: "unnamed", count: unnamed.blobs, bytes: unnamed.bytes } as const),
        freeableBytes: unnamed.settledBytes,
      },
      ...(await this.#hostRooms()),
    ];
    const speed = await lookingSpeed(ports.repository.runs, this.#parts.digests);
    const facts = await ports.host?.facts();
    return {
      kinds: rooms
        .toSorted((a, b) => STORAGE_KINDS.indexOf(a.kind) - STORAGE_KINDS.indexOf(b.kind))
        .map((room) => ({ ...room, ...storageWords(room, speed) })),
      freeDiskBytes: facts?.freeDiskBytes ?? null,
    };
  }

  /**
   * Frees kinds. What is in use stays, and so does what was made in the last hour.
   * @param asked.keepBytes of features and unpacked archives together so much stays, used last.
   * @returns what is gone, of each kind; it is noted who did it.
   */
  async free(
    caller: Caller,
    asked: { readonly kinds: readonly FreeableKind[]; readonly keepBytes: number },
  ): Promise<readonly Freed[]> {
    const { ports, keeper, audit } = this.#parts;
    const kinds = new Set(asked.kinds);
    const freed: Freed[] = [];
    if (kinds.has("old-checkpoint") || kinds.has("export")) {
      const settled = new Map<string, BlobKind>();
      await storageFacts(ports, (hash, kind) => settled.set(hash, kind));
      const mayGo = ({ hash }: RunFileRow): boolean => settled.has(hash);
      const parts = { repository: ports.repository, keeper };
      if (kinds.has("old-checkpoint")) {
        const files = {
          under: "checkpoints",
          groupOf: ({ path }: RunFileRow) => path,
          mayGo,
          states: DONE_WITH,
        };
        freed.push({ kind: "old-checkpoint", ...(await dropRunFiles(parts, files)) });
      }
      if (kinds.has("export")) {
        const files = { under: "exports", groupOf: formatOf, mayGo };
        freed.push({ kind: "export", ...(await dropRunFiles(parts, files)) });
      }
    }
    if (kinds.has("unnamed")) {
      const { blobs: count, bytes } = await keeper.sweep({ olderThanMs: SETTLED_MS });
      freed.push({ kind: "unnamed", count, bytes });
    }
    const inUse = await this.#inUse();
    const ofHost = [...kinds].filter(isOfHost).filter((kind) => !inUse.has(kind));
    freed.push(...((await ports.storage?.free(ofHost, { keepBytes: asked.keepBytes })) ?? []));
    const bytes = freed.reduce((sum, one) => sum + one.bytes, 0);
    await audit.note(caller, "storage-freed", { kinds: [...kinds], bytes });
    return freed;
  }

  async #hostRooms(): Promise<readonly HostRoom[]> {
    const rooms = (await this.#parts.ports.storage?.rooms()) ?? [];
    const inUse = await this.#inUse();
    return rooms.map((room) => (inUse.has(room.kind) ? { ...room, freeableBytes: 0 } : room));
  }

  /** What work that is under way, or will be soon, reads from the host's places and nobody holds there. */
  async #inUse(): Promise<ReadonlySet<string>> {
    const { runs, searches, uploads } = this.#parts.ports.repository;
    const inUse = new Set<string>();
    const trainings = await runs.page({ states: UNDER_WAY, limit: 1 });
    const sought = await searches.page({ states: UNDER_WAY, limit: 1 });
    if (trainings.items.length + sought.items.length > 0) inUse.add("weights");
    for (const state of ["queued", "importing"] as const)
      if ((await uploads.inState(state)).some(({ known }) => known !== null)) inUse.add("known-sets");
    return inUse;
  }
}
