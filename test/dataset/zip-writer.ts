import { crc32, deflateRawSync } from "node:zlib";

/** An entry to write; what is stated overrides what would be right, so that hostile archives can be made. */
export interface ZipEntry {
  /** Bytes go in as they are, without the flag that says UTF-8. */
  readonly name: string | Uint8Array;
  readonly content?: Uint8Array;
  readonly method?: "stored" | "deflated";
  readonly crc?: number;
  readonly uncompressedSize?: number;
  readonly compressedSize?: number;
  /** General purpose flags; 1 is "encrypted". */
  readonly flags?: number;
  /** Unix mode with the file type: 0o120777 is a link. */
  readonly mode?: number;
  /** The system that packed it: 0 is DOS and Windows. @default 3, Unix */
  readonly host?: number;
  /** Of the directory's entry. */
  readonly extra?: Uint8Array;
  /** Writes no local entry but points to that of the entry with this index. */
  readonly sameBytesAs?: number;
}

/** What the end of a zip says, where it is not right. */
export interface ZipEndFields {
  readonly entries?: number;
  readonly comment?: Uint8Array;
}

const UTF8 = 0x800;

/** A zip of these entries (APPNOTE.TXT 4.3): local headers and data, then the directory. */
export function zipOf(entries: readonly ZipEntry[], endFields: ZipEndFields = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  const offsets: number[] = [];
  let at = 0;
  for (const entry of entries) {
    const content = entry.content ?? Buffer.alloc(0);
    const isDeflated = entry.method === "deflated";
    const data = isDeflated ? deflateRawSync(content, { level: 9 }) : Buffer.from(content);
    const name = typeof entry.name === "string" ? Buffer.from(entry.name) : Buffer.from(entry.name);
    const fields = Buffer.alloc(26); // the fields that both headers share
    fields.writeUInt16LE(20, 0);
    fields.writeUInt16LE((typeof entry.name === "string" ? UTF8 : 0) | (entry.flags ?? 0), 2);
    fields.writeUInt16LE(isDeflated ? 8 : 0, 4);
    fields.writeUInt32LE(entry.crc ?? crc32(content), 10);
    fields.writeUInt32LE(entry.compressedSize ?? data.length, 14);
    fields.writeUInt32LE(entry.uncompressedSize ?? content.length, 18);
    fields.writeUInt16LE(name.length, 22);
    const offset = entry.sameBytesAs === undefined ? at : (offsets[entry.sameBytesAs] ?? 0);
    offsets.push(offset);
    if (entry.sameBytesAs === undefined) {
      parts.push(Buffer.from("PK\x03\x04", "latin1"), fields, name, data);
      at += 4 + 26 + name.length + data.length;
    }
    const rest = Buffer.alloc(14);
    rest.writeUInt32LE(((entry.mode ?? 0o100644) << 16) >>> 0, 6);
    rest.writeUInt32LE(offset, 10);
    const madeBy = Buffer.from([20, entry.host ?? 3]);
    const extra = Buffer.from(entry.extra ?? []);
    const directoryFields = Buffer.from(fields);
    directoryFields.writeUInt16LE(extra.length, 24);
    directory.push(Buffer.from("PK\x01\x02", "latin1"), madeBy, directoryFields, rest, name, extra);
  }
  const directoryBytes = directory.reduce((sum, { length }) => sum + length, 0);
  const count = endFields.entries ?? entries.length;
  const comment = Buffer.from(endFields.comment ?? []);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(directoryBytes, 12);
  end.writeUInt32LE(at, 16);
  end.writeUInt16LE(comment.length, 20);
  return Buffer.concat([...parts, ...directory, end, comment]);
}
