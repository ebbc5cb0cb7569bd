/** Milliseconds since 1970. */
export type Clock = () => number;

const ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

/** 26 letters and digits of 130 random bits (Crockford's base 32): nobody guesses one, and it is a run's id, too. */
export function newId(): string {
  const random = crypto.getRandomValues(new Uint8Array(26));
  return Array.from(random, (byte) => ALPHABET[byte & 31]).join("");
}
