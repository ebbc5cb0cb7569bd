/** Milliseconds since 1970. */
export type Clock = () => number;

/** Crockford's base 32: digits and letters without i, l, o and u, which look like others. */
export const BASE32 = "0123456789abcdefghjkmnpqrstvwxyz";

/** 26 letters and digits of 130 random bits (Crockford's base 32): nobody guesses one, and it is a run's id, too. */
export function newId(): string {
  const random = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(random, (byte) => BASE32[byte & 31]).join("");
}

/** An id that is made of a text: the same for the same one, and told by nobody who does not know it. */
export async function idOf(text: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  return Array.from(new Uint8Array(digest).subarray(0, 26), (byte) => BASE32[byte & 31]).join("");
}
