/** A tar's entry as bytes, for what no packing program of today writes. */
export interface RawTarEntry {
  /** At most 100 bytes; text is written as UTF-8. */
  readonly name: string | Uint8Array;
  /** The type flag. @default "0" */
  readonly flag?: string;
  readonly link?: string | Uint8Array;
  readonly content?: Uint8Array;
  /** What the header says, where it is not the content's. */
  readonly bytes?: number;
  /** @default "v7", which has none */
  readonly magic?: "v7" | "ustar" | "gnu";
  /** The checksum counts bytes from -128 to 127. */
  readonly isSigned?: boolean;
}

const MAGIC = { v7: "", ustar: "ustar\x0000", gnu: "ustar  \0" } as const;

function blockOf(entry: RawTarEntry): Buffer {
  const block = Buffer.alloc(512);
  const put = (text: string | Uint8Array, at: number): void => {
    Buffer.from(Buffer.from(text)).copy(block, at);
  };
  const bytes = entry.bytes ?? entry.content?.length ?? 0;
  put(entry.name, 0);
  put("0000644\0", 100);
  put(`${bytes.toString(8).padStart(11, "0")} `, 124);
  put("        ", 148);
  put(entry.flag ?? "0", 156);
  put(entry.link ?? "", 157);
  put(MAGIC[entry.magic ?? "v7"], 257);
  const sum = block.reduce((all, byte) => all + (entry.isSigned && byte > 127 ? byte - 256 : byte), 0);
  put(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return block;
}

const filled = (content: Uint8Array): Buffer =>
  Buffer.concat([content], Math.ceil(content.length / 512) * 512);

/** These entries, and the end: 1024 zeros. */
export function rawTarOf(entries: readonly RawTarEntry[]): Buffer {
  const parts = entries.flatMap((entry) => [blockOf(entry), filled(entry.content ?? Buffer.alloc(0))]);
  return Buffer.concat([...parts, Buffer.alloc(1024)]);
}

/** A pax header (flag "x") of these records. */
export function paxEntry(records: Readonly<Record<string, string | Uint8Array>>): RawTarEntry {
  const content = Object.entries(records).map(([key, value]) => {
    const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(Buffer.from(value)), Buffer.from("\n")]);
    let length = rest.length + 1;
    while (`${length}`.length + rest.length !== length) length++;
    return Buffer.concat([Buffer.from(`${length}`), rest]);
  });
  return { name: "PaxHeader", flag: "x", magic: "ustar", content: Buffer.concat(content) };
}
