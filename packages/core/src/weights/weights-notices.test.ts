import { expect, test } from "vitest";
import { bundledNotice, shortBundledNotice } from "./weights-notices.ts";

const REASONS = [
  undefined,
  "GRAFT_OFFLINE is set",
  "getaddrinfo ENOTFOUND storage.example",
  "https://mirror.example/inception_v3_weights_tf_dim_ordering_tf_kernels_notop.h5 answered 403",
];

test("the short notice of the bundled weights fits a terminal, says that they are weaker and where more is said", () => {
  for (const why of REASONS) {
    const text = shortBundledNotice(why);
    expect(text.length).toBeLessThanOrEqual(80);
    expect(text).toMatch(/bundled weights/i);
    expect(text).toMatch(/weaker/i);
    expect(text).toMatch(why === undefined ? /graft weights list/ : /ImageNet's are unavailable/);
  }
  expect(shortBundledNotice("GRAFT_OFFLINE is set")).toContain("GRAFT_OFFLINE is set");
});

test("the full one says the reason, however long", () => {
  for (const why of REASONS.slice(1)) expect(bundledNotice(why)).toContain(`are unavailable (${why}). Using`);
  expect(bundledNotice()).toMatch(/^Using the bundled weights .*weaker.*0\.85.*`weights: imagenet`/);
});
