import { type Identity, permissionOf } from "@graft/api";
import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { isLong } from "../long.ts";
import { call } from "./from-router/call.ts";
import { ExampleOwner } from "./from-router/example-owner.ts";
import { filled } from "./from-router/examples.ts";
import { fuzzed } from "./from-router/fuzz-input.ts";
import { inputSchema } from "./from-router/json-schema.ts";
import { PROCEDURES } from "./from-router/procedures.ts";
import { describeServices, type TestServices } from "./open-services.ts";

/** Inputs of each procedure on each pair. `GRAFT_TEST_FUZZ=2000` for a campaign. */
const NUM_INPUTS = Number(process.env.GRAFT_TEST_FUZZ ?? (isLong ? 30 : 10));

/** How zod speaks of a wrong input where nobody gives it words. */
const LIBRARYS_WORDS =
  /Invalid (input|option|string|number|key|value|ISO)|Too (big|small)|Unrecognized key|, received /;

describeServices(
  "every procedure and wrong input",
  (open) => {
    let test: TestServices;
    const people = new Map<
      "member" | "admin",
      { readonly owner: ExampleOwner; readonly identity: Identity }
    >();
    beforeAll(async () => {
      test = await open();
      for (const role of ["member", "admin"] as const) {
        const owner = await ExampleOwner.open(test, role);
        people.set(role, { owner, identity: await owner.signedIn(role) });
      }
    });
    afterAll(() => test[Symbol.asyncDispose]());

    it.each(PROCEDURES)("$path takes or refuses whatever is sent, in words, and soon", async (procedure) => {
      const { path, meta, input } = procedure;
      // a member where that may be: what is another's is then among what is refused
      const person = people.get(permissionOf(path, "member") === undefined ? "admin" : "member");
      if (!person) throw new TypeError("they are signed in before");
      const { owner, identity } = person;
      await owner.renewIfSpoilt();
      const example = filled(meta?.example, (name) => Reflect.get(owner.ids, name));
      await fc.assert(
        fc.asyncProperty(fuzzed(inputSchema(procedure), example), async (value) => {
          const text = JSON.stringify(value);
          const sent: unknown = text === undefined ? undefined : JSON.parse(text);
          const answer = await call(test.services, identity, { path, input: sent });
          expect(["internal", "hang"], JSON.stringify(answer)).not.toContain(answer.code);
          const isTaken = input === undefined || input.safeParse(sent).success;
          if (isTaken) return;
          expect(answer).toMatchObject({
            code: "bad-input",
            message: expect.not.stringMatching(LIBRARYS_WORDS),
          });
        }),
        { numRuns: NUM_INPUTS, endOnFailure: true },
      );
    });
  },
  { secondIsLong: true },
);
