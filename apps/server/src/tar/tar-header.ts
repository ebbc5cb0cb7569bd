/* Headers of tar files (POSIX ustar), as much of the format as graft writes: short names, files and folders, nothing else. */

export const TAR_BLOCK = 512;

const MOST_OCTAL = 8 ** 11 - 1;
const [NAME, MODE, OWNER, GROUP, SIZE, TIME, SUM, KIND, MAGIC] = [0, 100, 108, 116, 124, 136, 148, 156, 257];

export interface TarEntry {
  /** "/" between folders; a folder's ends with one. */
  readonly name: string;
  readonly bytes: number;
}

const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, "0")}\0`;

/** The sum of a header's bytes, its own field as blanks. */
function sumOf(block: Uint8Array): number {
  let sum = 0;
  for (let at = 0; at < TAR_BLOCK; at++) sum += at >= SUM && at < SUM + 8 ? 32 : (block[at] ?? 0);
  return sum;
}

/** @throws Error for a name of more than 100 bytes. */
export function tarHeader({ name, bytes }: TarEntry): Buffer {
  if (Buffer.byteLength(name) > 100) throw new Error(`${name} is too long for the name of a packed file.`);
  const isFolder = name.endsWith("/");
  const block = Buffer.alloc(TAR_BLOCK);
  block.write(name, NAME);
  block.write(octal(isFolder ? 0o700 : 0o600, 8), MODE);
  for (const at of [OWNER, GROUP]) block.write(octal(0, 8), at);
  if (bytes <= MOST_OCTAL) block.write(octal(bytes, 12), SIZE);
  else {
    // 8 GiB and more are no octal digits but a number (GNU's way, which all programs read)
    block[SIZE] = 0x80;
    block.writeBigUInt64BE(BigInt(bytes), SIZE + 4);
  }
  // one time for all, so that equal files make an equal tar
  block.write(octal(0, 12), TIME);
  block.write(isFolder ? "5" : "0", KIND);
  block.write("ustar\x0000", MAGIC, "latin1");
  block.write(`${octal(sumOf(block), 7)} `, SUM);
  return block;
}

/** @returns undefined for a block that is no header as `tarHeader` writes them. */
export function readTarHeader(block: Buffer): TarEntry | undefined {
  const field = (start: number, length: number): string =>
    block.toString("utf8", start, start + length).replace(/\0.*$/s, "");
  const bytes =
    block[SIZE] === 0x80 ? Number(block.readBigUInt64BE(SIZE + 4)) : Number.parseInt(field(SIZE, 12), 8);
  const entry = { name: field(NAME, 100), bytes };
  const isName = entry.name !== "" && Buffer.byteLength(entry.name) <= 100;
  const isSound = isName && Number.isSafeInteger(bytes) && bytes >= 0;
  return isSound && tarHeader(entry).equals(block) ? entry : undefined;
}

/** Zeros behind a file, up to the next block. */
export const tarPadding = (bytes: number): Buffer =>
  Buffer.alloc((TAR_BLOCK - (bytes % TAR_BLOCK)) % TAR_BLOCK);

/** What ends a tar. */
export const tarEnd = (): Buffer => Buffer.alloc(2 * TAR_BLOCK);
