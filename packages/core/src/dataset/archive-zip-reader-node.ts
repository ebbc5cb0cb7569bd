import { type FileHandle, open } from "node:fs/promises";
import { Readable } from "node:stream";
import { RandomAccessReader } from "yauzl";

/** Read at first and after a leap: a local header and the next few. */
const SHORTEST_BYTES = 4096;
const LONGEST_BYTES = 2 ** 20;

/**
 * Reads ahead: yauzl asks for two dozen bytes at a time, three times an entry, and a system call for each was most of
 * the time of an archive of small files. What is read ahead grows while the reading goes forwards without leaps, so that
 * an archive of large photos is not read several times over.
 */
export class ZipReader extends RandomAccessReader {
  /** Until `ZipFile.close`, yauzl closes when nobody reads; its types do not have it. */
  declare readonly ref: () => void;
  readonly size: number;
  readonly #file: FileHandle;
  #start = 0;
  #window: Buffer = Buffer.alloc(0);

  private constructor(file: FileHandle, size: number) {
    super();
    this.#file = file;
    this.size = size;
  }

  /** @throws the system's error. Closed by yauzl when its `ZipFile` is. */
  static async open(path: string): Promise<ZipReader> {
    const file = await open(path);
    try {
      return new ZipReader(file, (await file.stat()).size);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes that stay as they are until the next read. @throws Error when the file ends before them. */
  async bytes(position: number, length: number): Promise<Buffer> {
    const end = this.#start + this.#window.length;
    if (position < this.#start || position + length > end) {
      const isNear = position >= this.#start && position <= end + SHORTEST_BYTES;
      const ahead = isNear ? Math.min(2 * this.#window.length, LONGEST_BYTES) : SHORTEST_BYTES;
      await this.#load(position, Math.max(length, ahead, SHORTEST_BYTES));
    }
    const from = position - this.#start;
    if (this.#window.length - from < length) throw new Error("unexpected EOF");
    return this.#window.subarray(from, from + length);
  }

  async #load(position: number, length: number): Promise<void> {
    const room = Buffer.allocUnsafe(Math.max(0, Math.min(length, this.size - position)));
    let filled = 0;
    while (filled < room.length) {
      const { bytesRead } = await this.#file.read(room, filled, room.length - filled, position + filled);
      if (bytesRead === 0) break;
      filled += bytesRead;
    }
    this.#start = position;
    this.#window = room.subarray(0, filled);
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.bytes(position, length).then(
      (bytes) => {
        bytes.copy(buffer, offset);
        callback(null);
      },
      (error: Error) => callback(error),
    );
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.#chunks(start, end), { objectMode: false });
  }

  async *#chunks(start: number, end: number): AsyncGenerator<Buffer> {
    for (let at = start; at < end; at += LONGEST_BYTES)
      // a copy: it is still on its way when the next bytes are read
      yield Buffer.from(await this.bytes(at, Math.min(LONGEST_BYTES, end - at)));
  }

  override close(callback: (error: Error | null) => void): void {
    this.#file.close().then(() => callback(null), callback);
  }
}
