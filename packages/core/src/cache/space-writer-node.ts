import { open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { crc32 } from "node:zlib";
import { encodeRecord } from "../features/row-record.ts";
import type { FeatureKey, FeatureSpace } from "../features/types.ts";
import type { Owner } from "../files/owner-node.ts";
import { writeAll } from "../files/write-all-node.ts";
import { listSpace, makeSpaceFolder, newPackId, packName, storeError, unlessGone } from "./folder-node.ts";
import {
  encodePackHeader,
  isNewerPack,
  numRecords,
  PACK_HEADER_BYTES,
  readPackHeader,
  recordBytes,
  recordPosition,
} from "./pack-node.ts";
import type { OpenPack, SpaceReader } from "./space-reader-node.ts";

/** Records that are written together. */
const GROUP_BYTES = 4 * 2 ** 20;

export interface SpaceWriterOptions {
  readonly folder: string;
  readonly id: string;
  readonly space: FeatureSpace;
  readonly owner: Owner;
  /** Told of every row that was written. */
  readonly reader: SpaceReader;
  /** A pack that is this long is left to itself. */
  readonly packBytes: number;
  readonly now: () => number;
}

interface Waiting {
  readonly key: FeatureKey;
  readonly record: Uint8Array;
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface OwnPack extends OpenPack {
  readonly id: string;
  readonly path: string;
  numRecords: number;
}

/** What a reader has seen of a pack that is about to be written. */
const UNREAD = { isWritten: true, scanned: 0, lastTouched: 0 } as const;

/**
 * Appends one process's rows of one space. Each writer has a pack of its own (named after it), so writers need no lock;
 * one that ended, killed or not, leaves its pack to the next writer, who cuts off a record that was never finished.
 *
 * Nothing is synced to the disk: a row lost in a power failure fails its checksum and is computed again.
 */
export class SpaceWriter {
  readonly #options: SpaceWriterOptions;
  readonly #waiting: Waiting[] = [];
  #pack: OwnPack | undefined;
  #writing: Promise<void> | undefined;
  #isWriting = false;

  constructor(options: SpaceWriterOptions) {
    this.#options = options;
  }

  /** Settles when the row can be read back. @throws CoreError `disk-full`, `bad-input`; what was written before is kept. */
  put(key: FeatureKey, row: Uint8Array): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ key, record: encodeRecord(key, row, crc32), resolve, reject });
      if (!this.#isWriting) this.#writing = this.#writeWaiting();
    });
  }

  /** Lets go of a pack that another process gave up, unless it is being written to: then the next row finds that out. */
  async look(): Promise<void> {
    const pack = this.#pack;
    if (!pack || this.#isWriting || (await pack.handle.stat()).nlink > 0) return;
    if (this.#pack === pack && !this.#isWriting) await this.#leave();
  }

  /** Finishes what waits and leaves the pack to the next writer. The reader closes its handle. */
  async close(): Promise<void> {
    await this.#writing;
    await this.#leave();
  }

  async #writeWaiting(): Promise<void> {
    this.#isWriting = true;
    await Promise.resolve(); // rows that are put together are written together
    for (let first = this.#waiting[0]; first; first = this.#waiting[0]) {
      const length = first.record.length;
      const most = Math.max(1, Math.floor(GROUP_BYTES / length));
      const end = this.#waiting.findIndex(({ record }, i) => i >= most || record.length !== length);
      const group = this.#waiting.splice(0, end === -1 ? most : end);
      try {
        await this.#writeGroup(group, length);
        for (const { resolve } of group) resolve();
      } catch (error) {
        const full = storeError(error, "Features cannot be written to the cache.");
        // packs that were given up to make room must not be held open, this one's own among them
        await this.#leave().catch(() => undefined);
        await this.#options.reader.look().catch(() => undefined);
        for (const { reject } of group) reject(full);
      }
    }
    this.#isWriting = false; // here, not when the promise settles: until then a put could come in and find nobody
  }

  async #writeGroup(group: readonly Waiting[], length: number): Promise<void> {
    for (let done = 0; done < group.length; ) {
      const pack = await this.#packFor(length);
      const free = Math.floor((this.#options.packBytes - PACK_HEADER_BYTES) / length) - pack.numRecords;
      const part = group.slice(done, done + Math.max(1, free));
      const position = recordPosition(pack.rowBytes, pack.numRecords);
      try {
        await writeAll(pack.handle, Buffer.concat(part.map(({ record }) => record)), position);
      } catch (error) {
        await pack.handle.truncate(position).catch(() => undefined); // half a row is of no use, its room may be
        throw error;
      }
      for (const { key } of part) this.#options.reader.add(pack, key, pack.numRecords++);
      pack.lastTouched = this.#options.now();
      await pack.handle.utimes(pack.lastTouched / 1000, pack.lastTouched / 1000);
      done += part.length;
    }
  }

  /** The pack that the next record of this length goes to. */
  async #packFor(length: number): Promise<OwnPack> {
    const pack = this.#pack;
    if (pack) {
      const isFull = recordPosition(pack.rowBytes, pack.numRecords + 1) > this.#options.packBytes;
      const fits = recordBytes(pack.rowBytes) === length && (!isFull || pack.numRecords === 0);
      // without a name it was given up while this process did not use it
      if (fits && (await pack.handle.stat()).nlink > 0) return pack;
      await this.#leave();
    }
    this.#pack = (await this.#takeOver(length)) ?? (await this.#create(length));
    return this.#pack;
  }

  /** A pack with room that nobody alive owns. Renaming takes it: only one process can. */
  async #takeOver(length: number): Promise<OwnPack | undefined> {
    const { folder, id, owner, packBytes, now, reader } = this.#options;
    const { packs, path } = await listSpace(folder, id, now());
    for (const file of packs) {
      if (!file.isFree || file.bytes + length > packBytes) continue;
      const mine = join(path, packName(file.id, owner));
      const handle = await unlessGone(rename(file.path, mine).then(() => open(mine, "r+")));
      const rowBytes = handle && (await readPackHeader(handle, id));
      if (!handle || rowBytes === undefined || recordBytes(rowBytes) !== length) {
        const isBegun = handle && rowBytes === undefined && !(await isNewerPack(handle));
        await handle?.close();
        if (isBegun)
          await rm(mine, { force: true }); // killed while it was made
        else await unlessGone(rename(mine, join(path, packName(file.id))));
        continue;
      }
      const whole = numRecords((await handle.stat()).size, rowBytes);
      await handle.truncate(recordPosition(rowBytes, whole));
      const pack = { id: file.id, path: mine, handle, rowBytes, numRecords: whole, ...UNREAD };
      await reader.adopt(file.id, pack, whole);
      return pack;
    }
    return undefined;
  }

  async #create(length: number): Promise<OwnPack> {
    const { folder, id, space, owner, reader } = this.#options;
    const rowBytes = length - recordBytes(0);
    const packId = newPackId();
    const path = join(folder, id, packName(packId, owner));
    const create = async () => {
      await makeSpaceFolder(folder, id, space);
      return open(path, "wx+");
    };
    // twice: another process may remove the folder, which is still empty, in between
    const handle = (await unlessGone(create())) ?? (await create());
    try {
      await writeAll(handle, encodePackHeader(id, rowBytes), 0);
    } catch (error) {
      await handle.close();
      await rm(path, { force: true });
      throw error;
    }
    const pack = { id: packId, path, handle, rowBytes, numRecords: 0, ...UNREAD };
    await reader.adopt(packId, pack, 0);
    return pack;
  }

  /** Gives the pack a name without an owner; an empty one goes. */
  async #leave(): Promise<void> {
    const pack = this.#pack;
    this.#pack = undefined;
    if (!pack) return;
    const free = join(this.#options.folder, this.#options.id, packName(pack.id));
    if (pack.numRecords === 0) await rm(pack.path, { force: true });
    else await unlessGone(rename(pack.path, free));
    await this.#options.reader.release(pack.id, pack);
  }
}
