import { describe, expect, it } from "vitest";
import { postgresUrl } from "./postgres-url.ts";

describe("the address of a PostgreSQL database", () => {
  it.each([
    ["postgres://u:p@host:5432/db", "postgres://u:p@host:5432/db"],
    [" postgresql://host/db?sslmode=require ", "postgresql://host/db?sslmode=require"],
    ["postgres:///db?host=/run/postgresql", "postgres:///db?host=/run/postgresql"],
    ["postgres://u:a%23b%40c@host/db", "postgres://u:a%23b%40c@host/db"],
    ["  ", undefined],
    [undefined, undefined],
  ])("%j is taken", (text, url) => expect(postgresUrl(text, "DATABASE_URL")).toBe(url));

  it.each([
    "u:secret@host/db",
    "host=a password=secret",
    "mysql://u:secret@host/db",
    "postgres://u:secret#a@host/db",
    "postgres://u:5/secret@host/db",
    "postgres:/u:secret@host/db",
  ])("%j is refused, and not shown", (text) => {
    expect(() => postgresUrl(text, "--to", ["home"])).toThrow(
      /^--to: this is no address.*postgres:\/\/USER:PASSWORD@HOST\/DATABASE, or home\.$/,
    );
    expect(() => postgresUrl(text, "--to")).not.toThrow(/secret/);
  });
});
