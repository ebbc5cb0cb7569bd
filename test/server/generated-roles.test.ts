import { type Identity, newId, permissionOf, ROLES, type Role } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { exampleData, newAccount, scopeOf, signedIn } from "./example-data.ts";
import { call } from "./from-router/call.ts";
import { accountFor, ExampleOwner, rolesOf } from "./from-router/example-owner.ts";
import { filled, idsIn } from "./from-router/examples.ts";
import { PROCEDURES, type Procedure } from "./from-router/procedures.ts";
import { describeServices, type TestServices } from "./open-services.ts";

const withIds = ({ meta }: Procedure, idOf: (name: string) => unknown): unknown =>
  filled(meta?.example, idOf);

/** Procedures that name something which is somebody's. */
const OF_OWNERS = PROCEDURES.flatMap((procedure) => {
  const names = idsIn(procedure.meta?.example);
  const roles = rolesOf(procedure, ["member", "pupil"]).owners;
  return roles.length > 0 && names.length > 0 ? [{ ...procedure, names, roles }] : [];
});

/** Procedures of tokens that are narrowed to something, which name what may be narrowed to. */
const SCOPED = PROCEDURES.flatMap((procedure) => {
  const roles = rolesOf(procedure, ROLES).narrow;
  return roles.length > 0 && idsIn(procedure.meta?.example).length > 0 ? [{ ...procedure, roles }] : [];
});

describeServices(
  "every procedure and role",
  (open) => {
    let test: TestServices;
    /** Somebody of each role, whose token names things that there are not. */
    const people = new Map<Role, Identity>();
    let mine: ExampleOwner;
    let pupils: ExampleOwner;
    let theirs: ExampleOwner;
    beforeAll(async () => {
      test = await open();
      for (const role of ROLES) {
        const scope = { dataset: newId(), class: newId(), runs: [newId()] };
        people.set(role, await signedIn(test, await newAccount(test, accountFor(role)), { role, scope }));
      }
      mine = await ExampleOwner.open(test, "member");
      pupils = await ExampleOwner.open(test, "pupil");
      theirs = await ExampleOwner.open(test, "member");
    });
    afterAll(() => test[Symbol.asyncDispose]());

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

    describe.each(OF_OWNERS)("another's things in $path", (procedure) => {
      const { path, names, roles } = procedure;

      it.each(roles)("are not there for a %s, one by one and together", async (role) => {
        const owner = role === "pupil" ? pupils : mine;
        const identity = await owner.signedIn(role);
        for (const foreign of [...names.map((name) => [name]), names]) {
          const input = withIds(procedure, (name) =>
            Reflect.get(foreign.includes(name) ? theirs.ids : owner.ids, name),
          );
          const answer = await call(test.services, identity, { path, input });
          expect({ foreign, ...answer }).toMatchObject({ code: "not-found" });
        }
      });

      it("are there for an admin", async () => {
        const identity = people.get("admin");
        expect(await theirs.example(procedure, { identity })).toMatchObject({ code: "ok" });
      });
    });

    describe.each(SCOPED)("what a token does not name in $path", (procedure) => {
      it.each(procedure.roles)("is not there for a %s, though its account has it", async (role) => {
        const { account, ids } = mine;
        const identity = await signedIn(test, account, { role, scope: scopeOf(role, await otherIds()) });
        const input = withIds(procedure, (name) => Reflect.get(ids, name));
        const answer = await call(test.services, identity, { path: procedure.path, input });
        expect(answer).toMatchObject({ code: "not-found" });
      });
    });

    let others: ReturnType<typeof exampleData> | undefined;
    /** More data of the member. */
    function otherIds(): ReturnType<typeof exampleData> {
      others ??= exampleData(test, mine.account);
      return others;
    }
  },
  { secondIsLong: true },
);
