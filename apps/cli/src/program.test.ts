import { expect, it } from "vitest";
import { createProgram } from "./program.ts";

it("gives the flags of a training to a command that is asked for or completed, and to none otherwise", async () => {
  const flagsOf = async (...words: string[]): Promise<readonly string[]> => {
    const program = await createProgram(words);
    const command = program.commands.find((each) => each.name() === "lr-find");
    return command?.options.flatMap(({ long }) => long ?? []) ?? [];
  };
  expect(await flagsOf("lr-find", "--help")).toContain("--batch-size");
  expect(await flagsOf("complete", "--", "lr-find")).toContain("--batch-size");
  expect(await flagsOf("lr-find")).not.toContain("--epochs");
  expect(await flagsOf("--help")).toEqual([]);
});
