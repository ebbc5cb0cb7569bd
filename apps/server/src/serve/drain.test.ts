import { describe, expect, it } from "vitest";
import { drain } from "./drain.ts";

function told() {
  const lines: string[] = [];
  const hear = (first: unknown, text?: string): void => void lines.push(text ?? String(first));
  return { lines, log: { warn: hear, error: hear } };
}

const never = (): Promise<void> => new Promise(() => undefined);

describe("an end", () => {
  it("is waited for, and nothing is said of a short one", async () => {
    const { lines, log } = told();
    let isDone = false;
    const work = async (): Promise<void> => {
      await new Promise((settle) => setTimeout(settle, 20));
      isDone = true;
    };
    await drain({ "jobs to stop": work() }, { lastMs: 60_000, log, trouble: () => undefined });
    expect([isDone, lines]).toEqual([true, []]);
  });

  it("that does not come is told while it is waited for, and is not waited for for ever", async () => {
    const { lines, log } = told();
    const ends = { "requests to end": Promise.resolve(), "jobs to stop": never() };
    await drain(ends, { lastMs: 100, quietMs: 30, log, trouble: () => "The database does not answer." });
    expect(lines[0]).toBe(
      "The server waits for jobs to stop, at most 1 s more. The database does not answer.",
    );
    expect(lines.at(-1)).toBe(
      "The server ends without waiting any longer for jobs to stop. The database does not answer.",
    );
  });

  it("that fails is told, and the others are waited for", async () => {
    const { lines, log } = told();
    const ends = { "the store to close": Promise.reject(new Error("gone")), "jobs to stop": never() };
    await drain(ends, { lastMs: 50, quietMs: 1000, log, trouble: () => undefined });
    expect(lines).toEqual([
      "A part did not end well.",
      "The server ends without waiting any longer for jobs to stop.",
    ]);
  });
});
