import { expect, it } from "vitest";
import { FREEABLE_KINDS, STORAGE_KINDS, storageWords } from "./storage-words.ts";

const GB = 1e9;

it("says of features what looking at all pictures again takes, where it is known", () => {
  const features = { kind: "features", bytes: GB, count: 4000, freeableBytes: GB } as const;
  expect(storageWords(features, 100).goes).toMatch(/again takes about 40 s\.$/);
  expect(storageWords({ ...features, freeableBytes: GB / 2 }, 100).goes).toMatch(
    /again takes about 20 s\. What is in use stays\.$/,
  );
  expect(storageWords(features, 10).goes).toContain("about 7 min");
  expect(storageWords(features, 0.2).goes).toContain("about 6 h");
  expect(storageWords({ ...features, count: 1 }, 100).goes).toContain("about 1 s");
  expect(storageWords(features).goes).not.toContain("takes about");
});

it("says what comes of it, or why nothing can go, of every kind", () => {
  for (const kind of STORAGE_KINDS) {
    const room = { kind, bytes: 5, count: 1, freeableBytes: 0 };
    const isFreeable = FREEABLE_KINDS.some((one) => one === kind);
    expect(storageWords(room).goes.startsWith("Nothing of it can go now")).toBe(isFreeable);
    expect(storageWords({ ...room, bytes: 0 }).goes).toBe("There is nothing of it.");
    const { what, goes } = storageWords({ ...room, freeableBytes: 5 });
    expect(goes).toMatch(/^[A-Z].*\.$/);
    expect(what).toMatch(/^[A-Z].*[a-z]$/);
  }
});
