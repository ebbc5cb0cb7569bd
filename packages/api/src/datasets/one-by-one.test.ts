import { expect, test } from "vitest";
import { OneByOne } from "./one-by-one.ts";

test("work on one thing is done in the order of asking, failures too; other things do not wait", async () => {
  const turns = new OneByOne();
  const told: string[] = [];
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const tell = (name: string) => async () => void told.push(name);
  const first = turns.run("a", () => held.then(tell("first")));
  const failing = turns.run("a", async () => {
    told.push("second");
    throw new Error("wrong");
  });
  const third = turns.run("a", tell("third"));
  await turns.run("b", tell("other"));
  expect(told).toEqual(["other"]);
  release();
  await first;
  await expect(failing).rejects.toThrow("wrong");
  await third;
  expect(told).toEqual(["other", "first", "second", "third"]);
  await turns.run("a", tell("fourth"));
  expect(told.at(-1)).toBe("fourth");
});
