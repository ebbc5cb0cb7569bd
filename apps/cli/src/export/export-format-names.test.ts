import { EXPORT_FORMATS } from "@graft/core";
import { expect, it } from "vitest";
import { EXPORT_FORMAT_NAMES } from "./export-format-names.ts";

it("the command line offers every format that there is", () => {
  expect([...EXPORT_FORMAT_NAMES].sort()).toEqual(Object.keys(EXPORT_FORMATS).sort());
});
