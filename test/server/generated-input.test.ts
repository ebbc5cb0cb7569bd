import { permissionOf } from "@graft/api";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleData, newAccount, signedIn } from "./example-data.ts";
import { call } from "./from-router/call.ts";
import { filled } from "./from-router/examples.ts";
import { fuzzed } from "./from-router/fuzz-input.ts";
import { inputSchema } from "./from-router/json-schema.ts";
import { PROCEDURES } from "./from-router/procedures.ts";
import { describeOnPairs, type TestServices } from "./open-services.ts";

/** Inputs of each procedure. `GRAFT_TEST_FUZZ=2000` for a campaign. */
const NUM_INPUTS = Number(process.env.GRAFT_TEST_FUZZ ?? 60);

describeOnPairs("every procedure and wrong input", (open) => {
  let test: TestServices;
  beforeAll(async () => {
    test = await open();
  });
  afterAll(() => test[Symbol.asyncDispose]());

  describe.each(PROCEDURES)("$path", (procedure) => {
    const { path, meta, input } = procedure;

    it("takes or refuses whatever is sent, in words, and soon", async () => {
      // a member where that may be: what is another's is then among what is refused
      const role = permissionOf(path, "member") === undefined ? "admin" : "member";
      const account = await newAccount(test, role);
      const identity = await signedIn(test, account);
      const ids = await exampleData(test, account);
      const example = filled(meta?.example, (name) => Reflect.get(ids, name));
      await fc.assert(
        fc.asyncProperty(fuzzed(inputSchema(procedure), example), async (value) => {
          const text = JSON.stringify(value);
          const sent: unknown = text === undefined ? undefined : JSON.parse(text);
          const answer = await call(test.services, identity, { path, input: sent });
          expect(["internal", "hang"], JSON.stringify(answer)).not.toContain(answer.code);
          const isTaken = input === undefined || input.safeParse(sent).success;
          if (!isTaken) expect(answer.code).toBe("bad-input");
        }),
        { numRuns: NUM_INPUTS, endOnFailure: true },
      );
    });
  });
});
