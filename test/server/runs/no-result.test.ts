import type { Caller } from "@graft/api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type ExampleIds, exampleData, newAccount, signedIn } from "../example-data.ts";
import { openServices, type TestServices } from "../open-services.ts";

let test: TestServices;
let ids: ExampleIds;
let caller: Caller;
beforeAll(async () => {
  test = await openServices();
  const owner = await newAccount(test, "member");
  ids = await exampleData(test, owner);
  caller = { identity: await signedIn(test, owner), from: null, request: "r" };
});
afterAll(() => test[Symbol.asyncDispose]());

it("a run without a result says why, and what to do", async () => {
  const told = (run: string) => test.services.results.result(caller, run).catch((error: unknown) => error);
  expect(await told(ids.$waiting)).toMatchObject({
    code: "not-found",
    message: expect.stringMatching(/no result yet: it waits for a worker\..*Run \d+, queued.*Ask again/s),
  });
  expect(await told(ids.$stopped)).toMatchObject({
    code: "not-found",
    message: expect.stringMatching(/it was stopped before its model was made\..*Go on with it; its curve/s),
  });
  // what there is of it is shown
  const { state } = await test.services.runs.get(caller, ids.$stopped);
  expect(state).toBe("interrupted");
});
