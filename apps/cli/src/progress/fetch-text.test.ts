import { expect, it } from "vitest";
import { fetchText } from "./fetch-text.ts";

it("says how much of a file is there, also when its length is not known", () => {
  expect(fetchText("Fetching weights", { done: 12_300_000, total: 88e6 })).toBe(
    "Fetching weights  12.3 MB of 88.0 MB",
  );
  expect(fetchText("Fetching", { done: 0 })).toBe("Fetching  0 B");
});

it("says that it waits for the server, how long at most, and in which try, in one line of a terminal", () => {
  const waiting = { seconds: 7.9, limitSeconds: 40, attempt: 1, attempts: 10 };
  expect(fetchText("Fetching", { done: 5e6, total: 9e6, waiting })).toBe(
    "Fetching  5.0 MB  waiting for the server, 7 s of at most 40 s",
  );
  const retry = fetchText("Fetching weights", { done: 5e6, waiting: { ...waiting, attempt: 2 } });
  expect(retry).toMatch(/7 s of at most 40 s, try 2 of 10$/);
  expect(retry.length).toBeLessThan(84);
});
