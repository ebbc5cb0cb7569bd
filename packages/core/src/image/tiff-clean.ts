/** Tags that pixels, their colours or their orientation hang on: TIFF 6.0, its supplements, and 34675, the profile. */
const PICTURE_TAGS = new Set([
  ...[256, 257, 258, 259, 262, 266, 273, 274, 277, 278, 279, 284, 292, 293, 317, 318, 319, 320],
  ...[322, 323, 324, 325, 332, 333, 334, 336, 338, 339, 347, 529, 530, 531, 532, 34_675],
]);

/**
 * The same TIFF whose first directory holds what the pixels need and no more, each tag once and in order: without what
 * libtiff grumbles about though no pixel hangs on it (tags in disorder, a text without its end, a tag of a wrong kind). If
 * libtiff still grumbles at this, the pixel data is damaged. The file keeps its length, so that one which is cut off is
 * still found out; further pages stay for the same reason. Undefined where there is no directory to be read.
 */
export function withCleanDirectory(bytes: Uint8Array): Uint8Array | undefined {
  if (bytes.length < 16) return undefined;
  const clean = new Uint8Array(bytes); // a Buffer's `slice` would share the memory
  const view = new DataView(clean.buffer, clean.byteOffset, clean.byteLength);
  const little = bytes[0] === 0x49;
  const big = view.getUint16(2, little) === 43; // with 64-bit offsets
  const [countSize, entrySize, offsetSize] = big ? [8, 20, 8] : [2, 12, 4];
  const offset = big ? Number(view.getBigUint64(8, little)) : view.getUint32(4, little);
  const from = offset + countSize;
  if (from > bytes.length) return undefined;
  const count = big ? Number(view.getBigUint64(offset, little)) : view.getUint16(offset, little);
  const end = from + count * entrySize;
  if (end + offsetSize > bytes.length) return undefined;

  const entries = new Map<number, Uint8Array>();
  for (let at = from; at < end; at += entrySize) {
    const tag = view.getUint16(at, little);
    if (PICTURE_TAGS.has(tag) && !entries.has(tag)) entries.set(tag, bytes.subarray(at, at + entrySize));
  }
  const next = bytes.subarray(end, end + offsetSize);
  if (big) view.setBigUint64(offset, BigInt(entries.size), little);
  else view.setUint16(offset, entries.size, little);
  const sorted = [...entries].sort(([a], [b]) => a - b).map(([, entry]) => entry);
  for (const [i, part] of [...sorted, next].entries()) clean.set(part, from + i * entrySize);
  return clean;
}
