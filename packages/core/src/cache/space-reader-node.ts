import type { FileHandle } from "node:fs/promises";
import { open } from "node:fs/promises";
import { inParallel } from "../concurrency/in-parallel.ts";
import type { FeatureKey } from "../features/types.ts";
import { listSpace, type PackFile, unlessGone } from "./folder-node.ts";
import {
  eraseRecord,
  inStretches,
  isNewerPack,
  numRecords,
  readPackHeader,
  readStretch,
  scanRecords,
  type WantedRecord,
} from "./pack-node.ts";

/** A pack that this process has open. */
export interface OpenPack {
  readonly handle: FileHandle;
  readonly rowBytes: number;
  /** True while this process appends to it; its writer then closes the handle. */
  isWritten: boolean;
  /** Records that were looked at. */
  scanned: number;
  lastTouched: number;
}

/** Where a row is. */
interface Entry {
  readonly pack: OpenPack;
  readonly index: number;
}

/** Calls to a disk that are under way together. */
const READS_AT_ONCE = 32;
/** A pack in use is marked as used at most this often. */
const TOUCH_MS = 60_000;

const keyText = ({ hash, variant }: FeatureKey): string => `${hash}:${variant}`;

/** What one space holds, as one process knows it: which record of which pack is which row. */
export class SpaceReader {
  readonly #folder: string;
  readonly #id: string;
  readonly #now: () => number;
  readonly #onNewer: (path: string) => void;
  readonly #packs = new Map<string, OpenPack>();
  readonly #entries = new Map<string, Entry>();
  #looking: Promise<void> | undefined;

  /** @param onNewer told of each pack of a newer graft, at each look; it is left alone, and its rows are not known. */
  constructor(folder: string, id: string, now: () => number, onNewer: (path: string) => void) {
    this.#folder = folder;
    this.#id = id;
    this.#now = now;
    this.#onNewer = onNewer;
  }

  /** One for each key. */
  async hasMany(keys: readonly FeatureKey[]): Promise<readonly boolean[]> {
    await this.#lookFor(keys);
    return keys.map((key) => this.#entries.has(keyText(key)));
  }

  /** Rows' bytes (each at a multiple of 4 in a buffer of its own), or undefined, in the keys' order. Damaged ones are erased. */
  async getMany(keys: readonly FeatureKey[]): Promise<(Buffer<ArrayBuffer> | undefined)[]> {
    const rows = keys.map((): Buffer<ArrayBuffer> | undefined => undefined);
    await this.#lookFor(keys);
    const wanted = new Map<OpenPack, (WantedRecord & { readonly at: number; readonly entry: Entry })[]>();
    for (const [at, key] of keys.entries()) {
      const entry = this.#entries.get(keyText(key));
      if (!entry) continue;
      const ofPack = wanted.get(entry.pack) ?? [];
      wanted.set(entry.pack, ofPack);
      ofPack.push({ at, key, index: entry.index, entry });
    }
    for (const [pack, records] of wanted) {
      records.sort((a, b) => a.index - b.index);
      await inParallel(inStretches(pack.rowBytes, records), READS_AT_ONCE, async (stretch) => {
        const found = await this.#readStretch(pack, stretch);
        for (const [i, { at, key, entry }] of stretch.entries()) {
          rows[at] = found[i];
          if (found[i] === undefined && this.#entries.get(keyText(key)) === entry)
            this.#entries.delete(keyText(key));
        }
      });
    }
    return rows;
  }

  /** Takes over a pack that this process writes to: from now on `add` tells what is in it. */
  async adopt(id: string, pack: OpenPack, numWhole: number): Promise<void> {
    const known = this.#packs.get(id);
    if (known) await this.#drop(id, known);
    this.#packs.set(id, pack);
    await this.#scan(pack, numWhole);
  }

  /** A writer is done with a pack: it stays open for reading unless it was given up. */
  async release(id: string, pack: OpenPack): Promise<void> {
    pack.isWritten = false;
    if (this.#packs.get(id) !== pack) await pack.handle.close();
  }

  /** A record that was just written at the end of an adopted pack. */
  add(pack: OpenPack, key: FeatureKey, index: number): void {
    pack.scanned = Math.max(pack.scanned, index + 1);
    this.#entries.set(keyText(key), { pack, index });
  }

  /** Rows of these images were erased. @param hashes of images. */
  forget(hashes: ReadonlySet<string>): void {
    for (const text of this.#entries.keys())
      if (hashes.has(text.slice(0, text.indexOf(":")))) this.#entries.delete(text);
  }

  /** Finds rows that other processes wrote, and lets go of packs that were given up, so that the disk gets its room back. */
  async look(): Promise<void> {
    this.#looking ??= this.#look().finally(() => {
      this.#looking = undefined;
    });
    await this.#looking;
  }

  async close(): Promise<void> {
    while (this.#looking) await this.#looking.catch(() => undefined);
    this.#entries.clear();
    for (const pack of this.#packs.values()) await pack.handle.close();
    this.#packs.clear();
  }

  /** One for each record. A disk that cannot be read, or a pack given up meanwhile: the rows are computed again. */
  async #readStretch(
    pack: OpenPack,
    stretch: readonly WantedRecord[],
  ): Promise<readonly (Buffer<ArrayBuffer> | undefined)[]> {
    let found: readonly (Buffer<ArrayBuffer> | undefined)[];
    try {
      found = await readStretch(pack.handle, pack.rowBytes, stretch);
    } catch {
      if (stretch.length === 1) return [undefined];
      // what the others share is the call, not the fault
      return Promise.all(stretch.map(async (record) => (await this.#readStretch(pack, [record]))[0]));
    }
    for (const [i, { index }] of stretch.entries())
      if (!found[i]) await eraseRecord(pack.handle, pack.rowBytes, index).catch(() => undefined);
    await this.#touch(pack);
    return found;
  }

  /** Looks for what other processes wrote before this was called, where a key is not known. */
  async #lookFor(keys: readonly FeatureKey[]): Promise<void> {
    if (keys.every((key) => this.#entries.has(keyText(key)))) return;
    // one that is under way may have passed the folder already
    await this.#looking;
    await this.look();
  }

  async #look(): Promise<void> {
    // one that is made meanwhile is not missed
    const before = [...this.#packs];
    const { packs } = await listSpace(this.#folder, this.#id, this.#now());
    const there = new Set(packs.map(({ id }) => id));
    for (const [id, pack] of before)
      if (!there.has(id) && this.#packs.get(id) === pack) await this.#drop(id, pack);
    for (const file of packs) {
      const pack = this.#packs.get(file.id) ?? (await this.#open(file));
      if (pack) await this.#scan(pack, numRecords(file.bytes, pack.rowBytes));
    }
  }

  async #open(file: PackFile): Promise<OpenPack | undefined> {
    const handle = await unlessGone(open(file.path, "r+"));
    if (!handle) return undefined;
    const rowBytes = await readPackHeader(handle, this.#id);
    if (rowBytes === undefined) {
      if (await isNewerPack(handle)) this.#onNewer(file.path);
      await handle.close(); // being made, or damaged: in the latter case it is given up when room is needed
      return undefined;
    }
    const known = this.#packs.get(file.id);
    if (known) {
      // this process's writer took it over meanwhile
      await handle.close();
      return known;
    }
    const pack = { handle, rowBytes, isWritten: false, scanned: 0, lastTouched: file.lastUsed };
    this.#packs.set(file.id, pack);
    return pack;
  }

  async #scan(pack: OpenPack, numWhole: number): Promise<void> {
    if (numWhole <= pack.scanned) return;
    const range = [pack.scanned, numWhole] as const;
    pack.scanned = numWhole;
    await scanRecords(pack.handle, pack.rowBytes, range, (index, { hash, variant }) => {
      this.#entries.set(keyText({ hash, variant }), { pack, index });
    });
  }

  async #drop(id: string, pack: OpenPack): Promise<void> {
    this.#packs.delete(id);
    for (const [text, entry] of this.#entries) if (entry.pack === pack) this.#entries.delete(text);
    if (!pack.isWritten) await pack.handle.close();
  }

  async #touch(pack: OpenPack): Promise<void> {
    const now = this.#now();
    if (now - pack.lastTouched < TOUCH_MS) return;
    pack.lastTouched = now;
    await pack.handle.utimes(now / 1000, now / 1000).catch(() => undefined); // a read-only cache has no order of use
  }
}
