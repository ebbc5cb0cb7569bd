import { expect, it } from "vitest";
import { jsonText } from "./json-text.ts";

it("keeps a Map's order, whatever its keys are", () => {
  const names = ["10", "2", "1", "__proto__", "constructor", "toString", 'a "quoted"\n犬'];
  const text = jsonText({ scores: new Map(names.map((name, i) => [name, i])) });
  expect(text).toBe(
    `{"scores":{"10":0,"2":1,"1":2,"__proto__":3,"constructor":4,"toString":5,"a \\"quoted\\"\\n犬":6}}`,
  );
});

it("writes all else as JSON.stringify does", () => {
  const value = {
    ...{ text: "a\u2028b", number: 0.1, not: Number.NaN, none: null, left: undefined, at: new Date(0) },
    list: [undefined, [1, { deep: true }], new Float32Array([0.5])],
    function: () => 1,
  };
  expect(jsonText(value)).toBe(JSON.stringify(value));
  expect(jsonText({ list: [new Map([["b", undefined]])] })).toBe('{"list":[{}]}');
});
