/** The little of DER (X.690) that a certificate is made of. */

const encoded = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(body.length)]), body]);
};

function lengthOf(bytes: number): readonly number[] {
  if (bytes < 0x80) return [bytes];
  return bytes < 0x100 ? [0x81, bytes] : [0x82, bytes >> 8, bytes & 0xff];
}

export const sequence = (...parts: readonly Uint8Array[]): Buffer => encoded(0x30, ...parts);
export const set = (...parts: readonly Uint8Array[]): Buffer => encoded(0x31, ...parts);
export const octets = (bytes: Uint8Array): Buffer => encoded(0x04, bytes);
export const utf8 = (text: string): Buffer => encoded(0x0c, Buffer.from(text));
export const boolean = (value: boolean): Buffer => encoded(0x01, Buffer.from([value ? 0xff : 0]));

/** A number that is not negative, big-endian. */
export const integer = (bytes: Uint8Array): Buffer =>
  encoded(0x02, (bytes[0] ?? 0) >= 0x80 ? Buffer.from([0]) : Buffer.alloc(0), bytes);

/** @param unused bits at the end that do not count. */
export const bits = (bytes: Uint8Array, unused = 0): Buffer => encoded(0x03, Buffer.from([unused]), bytes);

/** A part with a number in place of its type. @param tag 0 to 30 */
export const explicit = (tag: number, part: Uint8Array): Buffer => encoded(0xa0 | tag, part);
export const implicit = (tag: number, bytes: Uint8Array): Buffer => encoded(0x80 | tag, bytes);

/** "2.5.29.17" */
export function oid(name: string): Buffer {
  const [first = 0, second = 0, ...rest] = name.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const number of rest) {
    const digits = [number & 0x7f];
    for (let left = number >> 7; left > 0; left >>= 7) digits.unshift((left & 0x7f) | 0x80);
    bytes.push(...digits);
  }
  return encoded(0x06, Buffer.from(bytes));
}

/** Seconds alone; years from 2050 on have another form. */
export function time(at: Date): Buffer {
  const digits = at.toISOString().replace(/[-:T]|\.\d+/g, "");
  return at.getUTCFullYear() < 2050
    ? encoded(0x17, Buffer.from(digits.slice(2)))
    : encoded(0x18, Buffer.from(digits));
}
