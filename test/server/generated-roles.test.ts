import { type Identity, newId, permissionOf, ROLES, type Role } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExampleIds, exampleData, newAccount, scopeOf, signedIn } from "./example-data.ts";
import { call } from "./from-router/call.ts";
import { filled, idsIn } from "./from-router/examples.ts";
import { PROCEDURES, type Procedure } from "./from-router/procedures.ts";
import { describeOnPairs, type TestServices } from "./open-services.ts";

describeOnPairs("every procedure and role", (open) => {
  let test: TestServices;
  /** Somebody of each role, whose token names things that there are not. */
  const people = new Map<Role, Identity>();
  /** Data of a member and of a pupil, and of somebody else. */
  const mine = new Map<Role, ExampleIds>();
  let theirs: ExampleIds;
  beforeAll(async () => {
    test = await open();
    for (const role of ROLES) {
      const account = await newAccount(test, role === "admin" || role === "pupil" ? role : "member");
      const scope = { dataset: newId(), class: newId(), runs: [newId()] };
      people.set(role, await signedIn(test, account, { role, scope }));
      mine.set(role, await exampleData(test, account));
    }
    theirs = await exampleData(test, await newAccount(test, "member"));
  });
  afterAll(() => test[Symbol.asyncDispose]());

  const withIds = ({ meta }: Procedure, idOf: (name: string) => unknown): unknown =>
    filled(meta?.example, idOf);

  describe.each(PROCEDURES)("$path", (procedure) => {
    const { path } = procedure;
    // nobody has these ids, so that nothing is changed by who may
    const input = withIds(procedure, () => newId());

    it("is for those whom the table names, and for nobody else", async () => {
      for (const role of ROLES) {
        const { code } = await call(test.services, people.get(role), { path, input });
        const isRefused = code === "forbidden" || code === "unauthorized";
        expect({ role, isRefused, code }).toMatchObject({
          isRefused: permissionOf(path, role) === undefined,
        });
      }
    });

    it("needs a token, unless it is open", async () => {
      const { code } = await call(test.services, undefined, { path, input });
      expect(code === "unauthorized").toBe(permissionOf(path, undefined) === undefined);
    });
  });

  /** Procedures that name something which is somebody's. */
  const OF_OWNERS = PROCEDURES.flatMap((procedure) => {
    const names = idsIn(procedure.meta?.example);
    const roles = (["member", "pupil"] as const).filter(
      (role) => permissionOf(procedure.path, role) === "own",
    );
    return roles.length > 0 && names.length > 0 ? [{ ...procedure, names, roles }] : [];
  });

  describe.each(OF_OWNERS)("another's things in $path", (procedure) => {
    const { path, names, roles, type } = procedure;
    it.each(roles)("are not there for a %s, one by one and together", async (role) => {
      const own = mine.get(role) ?? {};
      for (const foreign of [...names.map((name) => [name]), names]) {
        const input = withIds(procedure, (name) => Reflect.get(foreign.includes(name) ? theirs : own, name));
        expect({ foreign, ...(await call(test.services, people.get(role), { path, input })) }).toMatchObject({
          code: "not-found",
        });
      }
    });

    it("are there for an admin", async () => {
      const ids = type === "mutation" ? await exampleData(test, await newAccount(test, "member")) : theirs;
      const input = withIds(procedure, (name) => Reflect.get(ids, name));
      expect(await call(test.services, people.get("admin"), { path, input })).toMatchObject({ code: "ok" });
    });
  });

  /** Procedures of tokens that are narrowed to something, which name what may be narrowed to. */
  const SCOPED = PROCEDURES.flatMap((procedure) => {
    const narrow: readonly Role[] = ["contributor", "predict", "worker"];
    const roles = narrow.filter((role) => permissionOf(procedure.path, role) === "scope");
    return roles.length > 0 && idsIn(procedure.meta?.example).length > 0 ? [{ ...procedure, roles }] : [];
  });

  describe.each(SCOPED)("what a token does not name in $path", (procedure) => {
    it.each(procedure.roles)("is not there for a %s, though its account has it", async (role) => {
      const account = await newAccount(test, "member");
      const [named, other] = [await exampleData(test, account), await exampleData(test, account)];
      const identity = await signedIn(test, account, { role, scope: scopeOf(role, named) });
      const input = withIds(procedure, (name) => Reflect.get(other, name));
      const { path } = procedure;
      expect(await call(test.services, identity, { path, input })).toMatchObject({ code: "not-found" });
    });
  });
});
