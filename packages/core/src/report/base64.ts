const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
/** Bytes that are turned at once: whole threes, and few enough that their text is a short one. */
const PIECE = 3 * 4096;

/** Base64 (RFC 4648, section 4, with padding); every platform has one, no two the same. */
export function base64(bytes: Uint8Array): string {
  const pieces: string[] = [];
  for (let start = 0; start < bytes.length; start += PIECE)
    pieces.push(pieceOf(bytes.subarray(start, start + PIECE)));
  return pieces.join("");
}

function pieceOf(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 3) {
    const [a = 0, b, c] = bytes.subarray(at, at + 3);
    const bits = (a << 16) | ((b ?? 0) << 8) | (c ?? 0);
    const letter = (shift: number): string => LETTERS.charAt((bits >> shift) & 63);
    text +=
      letter(18) + letter(12) + (b === undefined ? "=" : letter(6)) + (c === undefined ? "=" : letter(0));
  }
  return text;
}
