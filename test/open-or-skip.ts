import type { Backend } from "@graft/core";
import { afterAll, describe, it } from "vitest";
import { isRequired, type TestBackend } from "./backends.ts";

/**
 * Registers tests on one engine: opened before, disposed of after them. An engine that cannot be used becomes a skipped
 * test with its reason as the name, or a failing one when REQUIRE_BACKENDS names it.
 *
 * Await it at a test file's top level: the engine is opened while tests are collected.
 */
export async function describeOn(candidate: TestBackend, tests: (backend: Backend) => void): Promise<void> {
  const opened = await candidate.open();
  describe(candidate.id, () => {
    if (!("refusal" in opened)) {
      afterAll(() => opened.dispose());
      tests(opened);
    } else if (isRequired(candidate)) {
      it("is required by REQUIRE_BACKENDS", () => {
        throw new Error(`${candidate.id} cannot be used: ${opened.refusal}`);
      });
    } else {
      it.skip(`skipped: ${opened.refusal}`, () => undefined);
    }
  });
}
