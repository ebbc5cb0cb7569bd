import { expect, it } from "vitest";
import { renderOptions } from "./option-text.ts";

const say = (key: string, value?: string): string | undefined =>
  key === "size" || key === "weights" ? `[${key}${value === undefined ? "" : `=${value}`}]` : undefined;

it("puts an edge's words where a text names an option, with its value", () => {
  expect(renderOptions("Use a smaller `size`, or `weights: bundled`.", say)).toBe(
    "Use a smaller [size], or [weights=bundled].",
  );
});

it("leaves alone what the edge has no words for, commands, and what only looks like it", () => {
  const text = "`graft runs list`, `labels`, `size",
    rest = "`, `size: a`b` and size";
  expect(renderOptions(`${text}, ${"`bundled`"}`, say)).toBe(`${text}, ${"`bundled`"}`);
  expect(renderOptions(rest, say)).toBe("`, [size=a]b` and size");
});
