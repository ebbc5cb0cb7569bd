/**
 * The records of a pax header ("27 path=cats/1.jpg\n": length of the whole, key, value) by key. Values stay bytes: they
 * are UTF-8 unless the packing program had names that are none (`hdrcharset=BINARY`, or no word of it).
 * @returns undefined when the records are damaged.
 */
export function readPaxRecords(bytes: Uint8Array): ReadonlyMap<string, Uint8Array> | undefined {
  const records = new Map<string, Uint8Array>();
  for (let at = 0; at < bytes.length; ) {
    // some programs fill up with zeros
    if (bytes[at] === 0) break;
    const space = bytes.indexOf(0x20, at);
    const digits = String.fromCharCode(...bytes.subarray(at, Math.min(space, at + 10)));
    const length = /^\d+$/.test(digits) ? Number(digits) : 0;
    const record = bytes.subarray(space + 1, at + length - 1);
    const equals = record.indexOf(0x3d);
    if (space < 0 || at + length > bytes.length || bytes[at + length - 1] !== 0x0a || equals < 0)
      return undefined;
    records.set(String.fromCharCode(...record.subarray(0, equals)), record.slice(equals + 1));
    at += length;
  }
  return records;
}
