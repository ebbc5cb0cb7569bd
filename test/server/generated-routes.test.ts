import { newId, permissionOf, ROLES, ROUTE_PERMISSIONS, type Role } from "@graft/api";
import { afterAll, beforeAll, expect, it } from "vitest";
import { HTTP_LIMITS } from "../../apps/server/src/http/access/limits.ts";
import { hostRoutes } from "../../apps/server/src/http/raw/host-routes.ts";
import type { RawRoute } from "../../apps/server/src/http/raw/raw-route.ts";
import { newAccount, signedInWith } from "./example-data.ts";
import { examplePicture, SENT_PICTURE } from "./example-pictures.ts";
import { accountFor, ExampleOwner } from "./from-router/example-owner.ts";
import { type Served, serve } from "./from-router/serve-services.ts";
import { describeServices, type TestServices } from "./open-services.ts";

/** Which example each part of a path stands for; what is no id stands for itself. */
const IDS: Readonly<Record<string, "$image" | "$run" | "$sentUpload" | "$features">> = {
  ...{ image: "$image", run: "$run", upload: "$sentUpload", search: "$features" },
};
const sent = await examplePicture(SENT_PICTURE);
const PLAIN: Readonly<Record<string, string>> = { hash: sent.hash, path: "model/model.json", what: "model" };

/** For its names and paths alone: none of these is called. */
const ROUTES = hostRoutes(Object.create(null), HTTP_LIMITS);

it("the table of a host's routes has those that there are, and the workers' socket", () => {
  const names = [...ROUTES.map(({ name }) => name), "workers.connect"];
  expect(Object.keys(ROUTE_PERMISSIONS).sort()).toEqual(names.sort());
});

describeServices(
  "every route of bytes and role",
  (open) => {
    let test: TestServices;
    let served: Served;
    let mine: ExampleOwner;
    let theirs: ExampleOwner;
    const people = new Map<Role, string>();
    beforeAll(async () => {
      test = await open();
      served = await serve(test);
      mine = await ExampleOwner.open(test, "member");
      theirs = await ExampleOwner.open(test, "member");
      for (const role of ROLES) {
        const scope = { dataset: newId(), class: newId(), runs: [newId()] };
        const account = role === "member" ? mine.account : await newAccount(test, accountFor(role));
        people.set(role, (await signedInWith(test, account, { role, scope })).secret);
      }
    });
    afterAll(async () => {
      await served[Symbol.asyncDispose]();
      await test[Symbol.asyncDispose]();
    });

    /** @returns the status. */
    async function ask(
      { method, path }: RawRoute,
      token: string | undefined,
      idOf: (name: string) => string,
    ): Promise<number> {
      const filled = path.replace(/\{([a-zA-Z]+)\+?\}/g, (_, name: string) => PLAIN[name] ?? idOf(name));
      const response = await fetch(`${served.api}${filled}`, {
        method,
        headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
        ...(method === "GET" ? {} : { body: sent.bytes }),
      });
      await response.arrayBuffer();
      return response.status;
    }
    const ofOwner = (owner: ExampleOwner) => (name: string) => {
      const example = IDS[name];
      if (example === undefined) throw new Error(`say in IDS or PLAIN what {${name}} is`);
      return owner.ids[example];
    };

    it.each(ROUTES)("$name is for those whom the table names", async (route) => {
      for (const role of ROLES) {
        const status = await ask(route, people.get(role), () => newId());
        const isRefused = status === 403 || status === 401;
        expect({ role, status, isRefused }).toMatchObject({
          isRefused: permissionOf(route.name, role) === undefined,
        });
      }
      expect(await ask(route, undefined, ofOwner(mine))).toBe(401);
      expect(await ask(route, `graft_${"0".repeat(56)}`, ofOwner(mine))).toBe(401);
    });

    const owned = ROUTES.filter(({ name }) => permissionOf(name, "member") !== undefined);
    it.each(owned)("$name is there for its owner and for admins, and for no other member", async (route) => {
      const status = (role: Role, owner: ExampleOwner) => ask(route, people.get(role), ofOwner(owner));
      expect(await status("member", mine)).toBe(200);
      expect(await status("admin", mine)).toBe(200);
      expect(await status("member", theirs)).toBe(404);
      expect(await status("pupil", mine)).toBe(404);
      for (const role of ["contributor", "predict"] as const)
        if (permissionOf(route.name, role) !== undefined) expect(await status(role, mine)).toBe(404);
    });

    const ofAdmins = ROUTES.filter(({ name }) => permissionOf(name, "member") === undefined);
    it.each(ofAdmins)("$name is there for admins", async (route) => {
      expect(await ask(route, people.get("admin"), ofOwner(mine))).toBe(200);
    });

    it("no token stands in the log", () => {
      expect(served.log.length).toBeGreaterThan(20);
      for (const secret of people.values())
        expect(served.log.some((line) => line.includes(secret.slice(6, 30)))).toBe(false);
    });
  },
  { secondIsLong: true },
);
