import { describe, expect, it } from "vitest";
import { serverOptions } from "./server-flags.ts";

describe("flags of graft serve", () => {
  it("become the server's options", () => {
    const flags = {
      port: 4711,
      lan: true,
      hostName: ["a", "b"],
      logLevel: "debug",
      tlsCert: "c.pem",
      home: "h",
    };
    expect(serverOptions(flags, { DATABASE_URL: " postgres://host/db " })).toEqual({
      ...{ port: 4711, lan: true, insecure: false, hostName: ["a", "b"], allowOrigin: [] },
      ...{ logLevel: "debug", tlsCert: "c.pem", databaseUrl: "postgres://host/db" },
    });
    expect(serverOptions({}, { DATABASE_URL: "" }).databaseUrl).toBeUndefined();
  });

  it.each([
    ["https://example.org", "https://example.org"],
    ["HTTPS://Example.org:443/", "https://example.org"],
    ["http://localhost:3000", "http://localhost:3000"],
  ])("--allow-origin %s is %s", (text, origin) => {
    expect(serverOptions({ allowOrigin: [text] }, {}).allowOrigin).toEqual([origin]);
  });

  it.each(["example.org", "*", "null", "https://example.org/path", "file:///a", "https://example.org?a"])(
    "--allow-origin %s is refused",
    (text) => expect(() => serverOptions({ allowOrigin: [text] }, {})).toThrow("--allow-origin"),
  );
});
