import { expect, it } from "vitest";
import * as z from "zod";
import { faultsOf } from "./faults.ts";
import type { Procedure } from "./procedures.ts";

const GOOD: Procedure = {
  path: "things.get",
  type: "query",
  meta: {
    summary: "A thing of a data set",
    method: "GET",
    path: "/datasets/{dataset}/thing",
    example: { dataset: "$dataset" },
  },
  input: z.strictObject({ dataset: z.string(), at: z.iso.datetime().optional() }),
  output: z.object({ name: z.string(), more: z.record(z.string(), z.json()) }),
};
const { meta } = GOOD;
if (!meta) throw new TypeError("it has one");

it("a procedure without faults has none", () => {
  expect(faultsOf(GOOD)).toEqual([]);
});

it.each<{ what: string; change: Partial<Procedure>; fault: RegExp }>([
  { what: "no meta", change: { meta: undefined }, fault: /no meta/ },
  { what: "a long summary", change: { meta: { ...meta, summary: "A\nb" } }, fault: /no line/ },
  { what: "a path of the wrong form", change: { meta: { ...meta, path: "/a//b" } }, fault: /path is none/ },
  { what: "a query that is posted", change: { meta: { ...meta, method: "POST" } }, fault: /no POST/ },
  {
    what: "a key of the path that is not needed",
    change: { input: z.strictObject({ dataset: z.string().optional() }) },
    fault: /\{dataset\}/,
  },
  { what: "an input that is a list", change: { input: z.array(z.string()) }, fault: /no object/ },
  {
    what: "a loose input",
    change: { input: z.object({ dataset: z.string() }) },
    fault: /unknown keys in ""/,
  },
  {
    what: "a loose part of an input",
    change: { input: z.strictObject({ dataset: z.string(), more: z.array(z.object({})) }) },
    fault: /unknown keys in "\.more\[\]"/,
  },
  {
    what: "anything in an input",
    change: { input: z.strictObject({ dataset: z.string(), more: z.unknown() }) },
    fault: /anything in "\.more"/,
  },
  {
    what: "an example of unknown ids",
    change: { meta: { ...meta, example: { dataset: "$thing" } } },
    fault: /\$thing/,
  },
  {
    what: "an example that is refused",
    change: { meta: { ...meta, example: {} } },
    fault: /not taken: dataset/,
  },
  { what: "an example of keys for no input", change: { input: undefined }, fault: /takes none/ },
  { what: "no output", change: { output: undefined }, fault: /no output/ },
  { what: "a date", change: { output: z.object({ at: z.date() }) }, fault: /Date/ },
  { what: "a map", change: { output: z.map(z.string(), z.string()) }, fault: /Map/ },
  { what: "bytes", change: { output: z.object({ bytes: z.instanceof(Uint8Array) }) }, fault: /Custom/ },
  { what: "a file", change: { output: z.object({ file: z.file() }) }, fault: /bytes in "\.file"/ },
  { what: "anything", change: { output: z.object({ more: z.array(z.any()) }) }, fault: /in "\.more\[\]"/ },
])("$what is a fault", ({ change, fault }) => {
  expect(faultsOf({ ...GOOD, ...change }).join("\n")).toMatch(fault);
});
