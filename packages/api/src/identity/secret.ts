/**
 * What lets somebody in: a token for programs and links (260 random bits), a code for pupils (70 bits, typed by hand). Both end
 * in check digits, so that a mistyped one is told as such and no store is asked. What is kept of one is its sha256 alone: it is
 * looked up by that, so the time of an answer says nothing about how much of a guess was right.
 */
import { sha256 } from "@graft/core";
import { BASE32 } from "../ports/clock.ts";

const PREFIX = "graft_";
const TOKEN = { random: 52, check: 4 } as const;
const CODE = { random: 14, check: 2 } as const;

/** Largest primes below 32², 32⁴: a weighted sum modulo a prime finds each wrong digit, and each two that changed places. */
const PRIMES = { 2: 1021, 4: 1_048_573 } as const;

/** Digits of base 32 that follow from others. */
function checkDigits(digits: string, length: keyof typeof PRIMES): string {
  const prime = PRIMES[length];
  let sum = 0;
  for (const digit of digits) sum = (sum * 32 + BASE32.indexOf(digit)) % prime;
  return Array.from({ length }, (_, at) => BASE32[(sum >>> (5 * (length - 1 - at))) & 31]).join("");
}

function randomDigits(length: number): string {
  const bytes = crypto.getRandomValues(new Uint8Array(length));
  return Array.from(bytes, (byte) => BASE32[byte & 31]).join("");
}

/** What is shown once, and the sha256 that is kept of it. */
export interface Secret {
  readonly text: string;
  readonly hash: string;
}

/** `graft_` and 56 letters and digits, the last four of which check the others. */
export async function newToken(): Promise<Secret> {
  const digits = randomDigits(TOKEN.random);
  const text = `${PREFIX}${digits}${checkDigits(digits, TOKEN.check)}`;
  return { text, hash: await sha256(text) };
}

/** Four groups of four letters and digits, to print and to type: "K7QM-3F2X-9TBD-PW5H". */
export async function newCode(): Promise<Secret> {
  const digits = randomDigits(CODE.random);
  const all = `${digits}${checkDigits(digits, CODE.check)}`;
  const groups = [0, 4, 8, 12].map((start) => all.slice(start, start + 4));
  return { text: groups.join("-").toUpperCase(), hash: await sha256(all) };
}

/** Letters that are no digits of base 32 are read as those that they look like. */
const LOOKS_LIKE: Readonly<Record<string, string>> = { i: "1", l: "1", o: "0", u: "v" };

/** The digits, where the last are what follows from the others. */
function checked(text: string, { random, check }: typeof TOKEN | typeof CODE): string | undefined {
  const digits = text.replace(/[ilou]/g, (letter) => LOOKS_LIKE[letter] ?? letter);
  if (digits.length !== random + check || [...digits].some((digit) => !BASE32.includes(digit)))
    return undefined;
  return checkDigits(digits.slice(0, random), check) === digits.slice(random) ? digits : undefined;
}

/**
 * @param text as it was pasted or typed: in any case; a code's groups with what you like between them.
 * @returns sha256 that is kept of it (hex); undefined for what can be no token: mistyped, cut off.
 */
export async function secretHash(text: string): Promise<string | undefined> {
  // nothing longer can be one, and nobody shall make the server look through megabytes
  if (text.length > 200) return undefined;
  const plain = text.trim().toLowerCase();
  const isToken = plain.startsWith(PREFIX);
  const digits = isToken
    ? checked(plain.slice(PREFIX.length), TOKEN)
    : checked(plain.replace(/[\s\p{Pd}._]+/gu, ""), CODE);
  return digits === undefined ? undefined : sha256(isToken ? `${PREFIX}${digits}` : digits);
}

const TOKENS_AND_CODES = /graft_[0-9a-z]{8,}|\b[0-9a-z]{4}(?:-[0-9a-z]{4}){3}\b/gi;

/** For logs: a text without the tokens and codes in it. */
export function hideSecrets(text: string): string {
  return text.replace(TOKENS_AND_CODES, "[token]");
}
