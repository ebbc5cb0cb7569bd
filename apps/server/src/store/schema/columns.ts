import { CoreError, quotedText } from "@graft/core";
import { bigint, customType, pgSchema } from "drizzle-orm/pg-core";

/** Tables have a schema of their own, so that a database may hold other programs' too. */
export const graft = pgSchema("graft");

const UNSTORABLE = /[\0\p{Surrogate}]/u;

/** False for text with zero characters or halves of characters: PostgreSQL refuses the one, and drivers replace the other. */
export const isStorable = (text: string): boolean => !UNSTORABLE.test(text);

/** @throws CoreError `bad-input`. */
export function storable(text: string): string {
  if (isStorable(text)) return text;
  const what = "A text has characters in it that cannot be stored.";
  throw new CoreError("bad-input", {
    ...{ what, received: quotedText(text) },
    ...{ expected: "text without zero characters and halves of characters" },
  });
}

/** Text in order of its bytes, on every database: pages by key ask for the same order everywhere. */
export const text = customType<{ data: string; driverData: string }>({
  dataType: () => 'text collate "C"',
  toDriver: storable,
});

/** Milliseconds since 1970, and sizes in bytes: more than 32 bits. */
export const whole = (name: string) => bigint(name, { mode: "number" });

/**
 * A value as the JSON text that it was given as. Never `json` or `jsonb`: drivers read these differently (a string of digits comes
 * back as a number from one of them), and `jsonb` refuses what JSON allows.
 */
export function json<T>(name: string) {
  return customType<{ data: T; driverData: string }>({
    dataType: () => "text",
    toDriver: (value) => JSON.stringify(value),
    fromDriver: (value) => JSON.parse(value),
  })(name);
}
