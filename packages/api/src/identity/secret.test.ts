import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BASE32 } from "../ports/clock.ts";
import { hideSecrets, newCode, newToken, secretHash } from "./secret.ts";

const KINDS = [
  { kind: "token", make: newToken, form: /^graft_[0-9a-hjkmnp-tv-z]{56}$/ },
  { kind: "code", make: newCode, form: /^[0-9A-HJKMNP-TV-Z]{4}(-[0-9A-HJKMNP-TV-Z]{4}){3}$/ },
] as const;

/** Where the digits of a text stand. */
const digitsOf = (text: string): readonly number[] =>
  [...text].flatMap((character, at) =>
    BASE32.includes(character.toLowerCase()) && at >= (text.startsWith("graft_") ? 6 : 0) ? [at] : [],
  );
const withDigit = (text: string, at: number, digit: string): string =>
  `${text.slice(0, at)}${digit}${text.slice(at + 1)}`;

describe.each(KINDS)("a $kind", ({ make, form }) => {
  it("has its form, is kept as a hash that it gives again, and is another each time", async () => {
    const made = await Promise.all(Array.from({ length: 50 }, make));
    for (const { text, hash } of made) {
      expect(text).toMatch(form);
      expect(hash).toMatch(/^[0-9a-f]{64}$/);
      expect(await secretHash(text)).toBe(hash);
    }
    expect(new Set(made.map(({ hash }) => hash)).size).toBe(50);
  });

  it("is told as mistyped when any digit is another", async () => {
    const { text } = await make();
    for (const at of digitsOf(text))
      for (const digit of BASE32)
        if (digit !== text[at]?.toLowerCase())
          expect(await secretHash(withDigit(text, at, digit)), `${digit} at ${at}`).toBeUndefined();
  });

  it("is told as mistyped when two neighbours changed places, or a digit is missing or twice there", async () => {
    const { text } = await make();
    const places = digitsOf(text);
    for (const [index, at] of places.entries()) {
      const [digit = "", next = places[index + 1]] = [text[at]];
      expect(await secretHash(text.slice(0, at) + text.slice(at + 1))).toBeUndefined();
      expect(await secretHash(withDigit(text, at, `${digit}${digit}`))).toBeUndefined();
      if (next === undefined || text[next] === digit) continue;
      const swapped = withDigit(withDigit(text, at, text[next] ?? ""), next, digit);
      expect(await secretHash(swapped), `${at} and ${next}`).toBeUndefined();
    }
  });

  it("may be typed in any case, with what surrounds a paste, and with look-alikes", async () => {
    const { text, hash } = await make();
    const prefix = text.startsWith("graft_") ? "graft_" : "";
    const alike = text.slice(prefix.length).replaceAll("0", "o").replaceAll("1", "I").replace(/v/gi, "u");
    for (const typed of [text.toUpperCase(), text.toLowerCase(), ` ${text}\n`, `${prefix}${alike}`])
      expect(await secretHash(typed), typed).toBe(hash);
  });

  it("is hidden in a text", async () => {
    const { text } = await make();
    expect(hideSecrets(`GET /enter#${text} from 127.0.0.1`)).toBe("GET /enter#[token] from 127.0.0.1");
  });
});

it("a code may be typed without its groups, or with other marks between them", async () => {
  const { text, hash } = await newCode();
  for (const typed of [text.replaceAll("-", ""), text.replaceAll("-", " "), text.replaceAll("-", " – ")])
    expect(await secretHash(typed)).toBe(hash);
});

it("nothing else can be a token, however odd or long", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 300 }),
        fc.string({ unit: fc.constantFrom(...BASE32), minLength: 1, maxLength: 15 }),
        fc.string({ unit: fc.constantFrom(...BASE32) }).map((digits) => `graft_${digits}`),
      ),
      async (text) => {
        expect(await secretHash(text)).toBeUndefined();
      },
    ),
  );
  expect(await secretHash("graft_".padEnd(10_000_000, "0"))).toBeUndefined();
});

it("an id, a date and a hash are no secrets", () => {
  const text = `2099-07-31 ${crypto.randomUUID()} ${"a1".repeat(32)} 0123456789abcdefghjkmnpqrs`;
  expect(hideSecrets(text)).toBe(text);
});
