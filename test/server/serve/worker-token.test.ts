import { readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { workerToken } from "../../../apps/server/src/serve/worker-token.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { openTestIdentity, type TestIdentity } from "../identity/open-identity.ts";

let test: TestIdentity;
let path = "";
beforeAll(async () => {
  test = await openTestIdentity("pglite");
  path = join(await temporaryFolder("worker-token"), "token");
});
afterAll(() => test[Symbol.asyncDispose]());

const kept = async (): Promise<string> => (await readFile(path, "utf8")).trim();

it("a file keeps a token for workers of everybody's jobs, and the same one as long as it is good", async () => {
  const { identity } = test.services;
  await workerToken(path, identity);
  const token = await kept();
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  const worker = await identity.byToken(token, { from: null });
  expect([worker.token.role, worker.account.role]).toEqual(["worker", "admin"]);
  await workerToken(path, identity);
  expect(await kept()).toBe(token);

  const admin = await test.person({ role: "admin" });
  await test.services.tokens.revoke(admin.caller, worker.token.id);
  await workerToken(path, identity);
  expect(await kept()).not.toBe(token);
  expect((await identity.byToken(await kept(), { from: null })).token.role).toBe("worker");
  // a kill left it empty
  await writeFile(path, "");
  await workerToken(path, identity);
  expect(await kept()).toMatch(/^graft_/);
});

it.each(["my notes\n", `graft_${"0".repeat(55)}\n`])(
  "a file that holds %j is left as it is",
  async (text) => {
    await writeFile(path, text);
    await expect(workerToken(path, test.services.identity)).rejects.toMatchObject({
      ...{ code: "bad-input", message: expect.stringContaining("`workerToken`") },
    });
    expect(await readFile(path, "utf8")).toBe(text);
  },
);

it("a file that cannot be written is refused, and no folder is made for it", async () => {
  const { identity } = test.services;
  const none = join(path, "..", "none");
  for (const [place, said] of [
    [join(none, "token"), "none"],
    [join(path, "token"), "is a file, where a folder is needed"],
  ] as const)
    await expect(workerToken(place, identity)).rejects.toMatchObject({
      ...{ code: "bad-input", message: expect.stringContaining("`workerToken`") },
      parts: { received: expect.stringContaining(said) },
    });
  await expect(stat(none)).rejects.toThrow("ENOENT");
});

it("a token of another role is nobody's to overwrite, nor to hand to workers", async () => {
  const { secret } = await test.person({ role: "admin" });
  await writeFile(path, `${secret}\n`);
  await expect(workerToken(path, test.services.identity)).rejects.toThrow(/a token of the role admin/);
  expect(await kept()).toBe(secret);
});
