import { ROLES, type Role } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ExampleOwner, rolesOf } from "./from-router/example-owner.ts";
import { PROCEDURES } from "./from-router/procedures.ts";
import { describeServices, type TestServices } from "./open-services.ts";

describeServices("every procedure's example", (open) => {
  let test: TestServices;
  const owners = new Map<Role, ExampleOwner>();
  beforeAll(async () => {
    test = await open();
    for (const role of ["admin", "member", "pupil"] as const)
      owners.set(role, await ExampleOwner.open(test, role));
  });
  afterAll(() => test[Symbol.asyncDispose]());

  /** Whose data a role's tokens are for. */
  function ownerOf(role: Role): ExampleOwner {
    const owner = owners.get(role) ?? owners.get("member");
    if (!owner) throw new TypeError("they are opened before");
    return owner;
  }

  describe.each(PROCEDURES)("$path", (procedure) => {
    const { owners, narrow } = rolesOf(procedure, ROLES);

    if (owners.length > 0)
      it("works for those who own what it names, and its answer is the same as JSON", async () => {
        // what a role may is the same on both pairs: the second one takes one
        for (const role of test.kind === "pglite" ? owners : owners.slice(0, 1)) {
          const answer = await ownerOf(role).example(procedure, { role });
          expect({ role, ...answer }).toMatchObject({ role, code: "ok" });
          if (answer.code !== "ok" || procedure.type === "subscription") continue;
          expect(JSON.parse(JSON.stringify(answer.data))).toEqual(answer.data);
        }
      });

    if (narrow.length > 0)
      it("works for those whose token names what it is about", async () => {
        const codes: string[] = [];
        for (const role of narrow) codes.push((await ownerOf(role).example(procedure, { role })).code);
        // a token that names something else is told that there is no such thing
        expect(codes.filter((code) => code !== "ok" && code !== "not-found")).toEqual([]);
        if (owners.length === 0) expect(codes).toContain("ok");
      });
  });
});
