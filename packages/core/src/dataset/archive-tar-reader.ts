import { CoreError } from "../errors.ts";
import { isTarHeader, readTarHeader, TAR_BLOCK, type TarHeader, untilZero } from "./archive-tar-header.ts";
import { readPaxRecords } from "./archive-tar-pax.ts";

/** Of long names and pax records: thousands of times what a name takes. */
const MOST_RECORD_BYTES = 2 ** 22;

export type TarEntryType = "file" | "folder" | "hard-link" | "symlink" | "device" | "sparse" | "other";

/** One entry; names are bytes, in whatever letters they were packed. */
export interface TarEntry {
  readonly type: TarEntryType;
  readonly name: Uint8Array;
  /** What a link leads to. */
  readonly link: Uint8Array;
  /** Of the content. */
  readonly bytes: number;
  /** To be read before the next entry is asked for; what is not is passed over. */
  readonly content: AsyncIterable<Uint8Array>;
}

export function damagedTar(detail: string, cause?: unknown): CoreError {
  const what = `The tar archive is damaged or cut off (${detail}).`;
  const fix = "Download or pack it again.";
  return new CoreError("corrupt", { what, fix }, cause === undefined ? {} : { cause });
}

const TYPES: Readonly<Record<string, TarEntryType>> = {
  ...{ "0": "file", "7": "file", "1": "hard-link", "2": "symlink", "5": "folder" },
  ...{ "3": "device", "4": "device", "6": "device", S: "sparse" },
  // a folder with the list of what lay in it, of GNU's incremental backups
  D: "folder",
};

/** Types that have no content, though old programs wrote a length: a link had that of its file. */
const WITHOUT_CONTENT = ["1", "2", "3", "4", "5", "6"];

/** What the records before an entry say of it. */
interface Told {
  readonly name?: Uint8Array | undefined;
  readonly link?: Uint8Array | undefined;
  readonly bytes?: number | undefined;
  readonly isSparse: boolean;
}

const endsWithSlash = (name: Uint8Array): boolean => name.at(-1) === 0x2f;

/**
 * Reads the entries of a tar as it comes, in the order in which they lie there. Written for what tar-stream 3 loses:
 * bytes of names that are not UTF-8, folders of v7 tars, the entries behind a link that states its file's length, and
 * sparse files, whose map it takes for content.
 */
export class TarReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  /** Of the entry that was given last: what is still to come, then what fills its last block. */
  #contentBytes = 0;
  #fillBytes = 0;
  #shared: ReadonlyMap<string, Uint8Array> = new Map();

  constructor(chunks: AsyncIterable<Uint8Array>) {
    this.#chunks = chunks[Symbol.asyncIterator]();
  }

  /** @returns undefined at the end. @throws CoreError `corrupt`, and what reading throws. */
  async next(): Promise<TarEntry | undefined> {
    await this.#passContent();
    let own: ReadonlyMap<string, Uint8Array> = new Map();
    let long: { name?: Uint8Array; link?: Uint8Array } = {};
    for (;;) {
      const block = await this.#block();
      if (block === undefined) return undefined;
      // the end, or a gap in an archive that others were appended to
      if (block.every((byte) => byte === 0)) continue;
      const header = readTarHeader(block);
      if (header === undefined) throw damagedTar("a header is missing");
      if (header.flag === "x" || header.flag === "X") own = await this.#records(header);
      else if (header.flag === "g")
        this.#shared = new Map([...this.#shared, ...(await this.#records(header))]);
      else if (header.flag === "L") long = { ...long, name: untilZero(await this.#record(header)) };
      else if (header.flag === "K") long = { ...long, link: untilZero(await this.#record(header)) };
      else return this.#entry(header, this.#told(own, long));
    }
  }

  #told(
    own: ReadonlyMap<string, Uint8Array>,
    long: { readonly name?: Uint8Array; readonly link?: Uint8Array },
  ): Told {
    const records = new Map([...this.#shared, ...own]);
    const value = (key: string): Uint8Array | undefined => {
      const found = records.get(key);
      return found === undefined || found.length === 0 ? undefined : found;
    };
    const size = value("size");
    return {
      name: value("GNU.sparse.name") ?? value("path") ?? long.name,
      link: value("linkpath") ?? long.link,
      bytes: size === undefined ? undefined : Number(String.fromCharCode(...size)),
      isSparse: [...own.keys()].some((key) => key.startsWith("GNU.sparse.")),
    };
  }

  async #entry(header: TarHeader, told: Told): Promise<TarEntry> {
    const { flag } = header;
    const name = told.name ?? header.name;
    if (flag === "S") await this.#passSparseMap(header.isExtended);
    let bytes = told.bytes ?? header.bytes;
    if (!Number.isSafeInteger(bytes) || bytes < 0) throw damagedTar("an entry's length is not a number");
    if (bytes > 0 && WITHOUT_CONTENT.includes(flag) && (await this.#isAtHeader())) bytes = 0;
    let type = TYPES[flag] ?? "other";
    if (told.isSparse && type === "file") type = "sparse";
    // v7 has no flag for a folder; and pax lets a hard link bring its content along
    if (type === "file" && endsWithSlash(name)) type = "folder";
    if (type === "hard-link" && bytes > 0) type = "file";
    this.#contentBytes = bytes;
    this.#fillBytes = (TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK;
    return { type, name, link: told.link ?? header.link, bytes, content: this.#content() };
  }

  async *#content(): AsyncGenerator<Uint8Array> {
    while (this.#contentBytes > 0) {
      const chunk = await this.#upTo(this.#contentBytes);
      if (chunk === undefined) throw damagedTar("it ends in the middle of a file");
      this.#contentBytes -= chunk.length;
      yield chunk;
    }
  }

  async #passContent(): Promise<void> {
    for (let left = this.#contentBytes + this.#fillBytes; left > 0; ) {
      const chunk = await this.#upTo(left);
      if (chunk === undefined) throw damagedTar("it ends in the middle of a file");
      left -= chunk.length;
    }
    this.#contentBytes = 0;
    this.#fillBytes = 0;
  }

  async #passSparseMap(isExtended: boolean): Promise<void> {
    for (let goesOn = isExtended; goesOn; ) {
      const block = await this.#block();
      if (block === undefined) throw damagedTar("it ends in the middle of a file");
      goesOn = block[504] !== 0;
    }
  }

  async #record({ bytes }: TarHeader): Promise<Uint8Array> {
    if (!(bytes >= 0 && bytes <= MOST_RECORD_BYTES)) throw damagedTar("a name is too long");
    const filled = Math.ceil(bytes / TAR_BLOCK) * TAR_BLOCK;
    if (!(await this.#hold(filled))) throw damagedTar("it ends in the middle of a name");
    return this.#take(filled).subarray(0, bytes);
  }

  async #records(header: TarHeader): Promise<ReadonlyMap<string, Uint8Array>> {
    const records = readPaxRecords(await this.#record(header));
    if (records === undefined) throw damagedTar("its pax records are not valid");
    return records;
  }

  /** True when what comes next is a header or the end, and no content. */
  async #isAtHeader(): Promise<boolean> {
    if (!(await this.#hold(TAR_BLOCK))) return true;
    const block = this.#take(TAR_BLOCK);
    this.#held.unshift(block);
    this.#heldBytes += TAR_BLOCK;
    return isTarHeader(block) || block.every((byte) => byte === 0);
  }

  async #block(): Promise<Uint8Array | undefined> {
    if (await this.#hold(TAR_BLOCK)) return this.#take(TAR_BLOCK);
    if (this.#heldBytes > 0) throw damagedTar("it ends in the middle of a header");
    return undefined;
  }

  /** Reads on until so many bytes are held. @returns false when the end comes before. */
  async #hold(bytes: number): Promise<boolean> {
    while (this.#heldBytes < bytes) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#held.push(next.value);
      this.#heldBytes += next.value.length;
    }
    return true;
  }

  /** So many of the held bytes. */
  #take(bytes: number): Uint8Array {
    const [first] = this.#held;
    if (first !== undefined && first.length >= bytes) return this.#fromFirst(first, bytes);
    const all = new Uint8Array(bytes);
    for (let at = 0; at < bytes; ) {
      const chunk = this.#held[0] ?? new Uint8Array();
      const part = this.#fromFirst(chunk, Math.min(chunk.length, bytes - at));
      all.set(part, at);
      at += part.length;
    }
    return all;
  }

  /** What comes next, at most so many bytes of it, undefined at the end. */
  async #upTo(bytes: number): Promise<Uint8Array | undefined> {
    if (!(await this.#hold(1))) return undefined;
    const first = this.#held[0] ?? new Uint8Array();
    return this.#fromFirst(first, Math.min(first.length, bytes));
  }

  #fromFirst(first: Uint8Array, bytes: number): Uint8Array {
    if (bytes === first.length) this.#held.shift();
    else this.#held[0] = first.subarray(bytes);
    this.#heldBytes -= bytes;
    return first.subarray(0, bytes);
  }
}
