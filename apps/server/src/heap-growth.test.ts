import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { GROWTH_FLAG } from "./heap-growth.ts";

it("is asked for by a word that this version of V8 knows: of another one it says so to everybody, and goes on", () => {
  const known = execFileSync(process.execPath, ["--v8-options"], { encoding: "utf8" });
  expect(known).toContain(`${GROWTH_FLAG} (`);
});
