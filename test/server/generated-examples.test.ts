import { type AccountRow, permissionOf, ROLES, type Role } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExampleIds, exampleData, newAccount, scopeOf, signedIn } from "./example-data.ts";
import { call } from "./from-router/call.ts";
import { filled } from "./from-router/examples.ts";
import { PROCEDURES, type Procedure } from "./from-router/procedures.ts";
import { describeOnPairs, type TestServices } from "./open-services.ts";

describeOnPairs("every procedure's example", (open) => {
  let test: TestServices;
  /** Data that queries look at; what changes data has some of its own. */
  const shared = new Map<Role, { readonly account: AccountRow; readonly ids: ExampleIds }>();
  beforeAll(async () => {
    test = await open();
    for (const role of ROLES) shared.set(role, await dataFor(role));
  });
  afterAll(() => test[Symbol.asyncDispose]());

  /** Data of somebody who may have a token of a role. */
  async function dataFor(role: Role) {
    const account = await newAccount(test, role === "admin" || role === "pupil" ? role : "member");
    return { account, ids: await exampleData(test, account) };
  }

  /** Calls a procedure with its example, on data of the caller. */
  async function example({ path, meta, type }: Procedure, role: Role) {
    const data = type === "mutation" ? undefined : shared.get(role);
    const { account, ids } = data ?? (await dataFor(role));
    const identity = await signedIn(test, account, { role, scope: scopeOf(role, ids) });
    return call(test.services, identity, {
      path,
      input: filled(meta?.example, (name) => Reflect.get(ids, name)),
    });
  }

  describe.each(PROCEDURES)("the example of $path", (procedure) => {
    const roles = ROLES.filter((role) => permissionOf(procedure.path, role) !== undefined);
    const owners = roles.filter((role) => permissionOf(procedure.path, role) !== "scope");

    it.each(owners)("works for %s, and its answer is the same as JSON", async (role) => {
      const answer = await example(procedure, role);
      expect(answer).toMatchObject({ code: "ok" });
      if (answer.code !== "ok" || procedure.type === "subscription") return;
      expect(JSON.parse(JSON.stringify(answer.data))).toEqual(answer.data);
    });

    const narrow = roles.filter((role) => !owners.includes(role));
    if (narrow.length > 0)
      it("works for those whose token names what it is about", async () => {
        const codes = await Promise.all(narrow.map(async (role) => (await example(procedure, role)).code));
        // a token that names something else is told that there is no such thing
        expect(codes.filter((code) => code !== "ok" && code !== "not-found")).toEqual([]);
        if (owners.length === 0) expect(codes).toContain("ok");
      });
  });
});
