import { spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ROLES } from "@graft/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { temporaryFolder } from "../cli/run-graft.ts";
import { scopeOf, signedInWith } from "./example-data.ts";
import { examplePicture, SENT_PICTURE } from "./example-pictures.ts";
import { ExampleOwner } from "./from-router/example-owner.ts";
import { type Served, serve } from "./from-router/serve-services.ts";
import { openServices, type TestServices } from "./open-services.ts";

const SAID: Readonly<Record<string, RegExp>> = {
  ...{ admin: /^You are .*\ndata set /, member: /^You are .*\ndata set /, pupil: /^You are .*\ndata set / },
  contributor: /^sent to \S+.*\n$/,
  predict: /^\S+.*\n$/,
};

const unescaped = (html: string): string =>
  html.replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)));

describe("the first page", () => {
  let test: TestServices;
  let served: Served;
  let photo = "";
  beforeAll(async () => {
    test = await openServices();
    served = await serve(test);
    photo = join(await temporaryFolder("first-script"), "photo.png");
    await writeFile(photo, (await examplePicture(SENT_PICTURE)).bytes);
  });
  afterAll(async () => {
    await served[Symbol.asyncDispose]();
    await test[Symbol.asyncDispose]();
  });

  /** What stands in the page's blocks of code. */
  async function blocks(token: string): Promise<readonly string[]> {
    const page = await fetch(served.api.replace("/api/v1", "/"), {
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await page.text();
    return [...text.matchAll(/<pre><code>([\s\S]*?)<\/code><\/pre>/g)].map(([, code = ""]) =>
      unescaped(code),
    );
  }

  async function python(code: string, token: string): Promise<{ code: number | null; said: string }> {
    const child = spawn("python3", ["-c", code, photo], {
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...process.env, GRAFT_TOKEN: token, no_proxy: "*" },
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr])
      stream.on("data", (piece: Buffer) => {
        said += piece.toString();
      });
    const [exit] = await Promise.race([once(child, "close"), once(child, "error").then(() => [127])]);
    return { code: exit, said };
  }

  it.each(ROLES)("has something to begin with that works for a token of the role %s", async (role) => {
    const owner = await ExampleOwner.open(test, role);
    const { secret } = await signedInWith(test, owner.account, { role, scope: scopeOf(role, owner.ids) });
    const [first = "", ...others] = await blocks(secret);
    if (role === "worker") {
      expect([first, others]).toEqual([expect.stringMatching(/graft worker --server http:\S+$/), []]);
      return;
    }
    expect(await python(first, secret)).toEqual({ code: 0, said: expect.stringMatching(SAID[role] ?? /^$/) });
    const [, path = ""] = /(\/api\/v1\S+)$/.exec(others[0] ?? "") ?? [];
    const asked = await fetch(served.api.replace("/api/v1", path), {
      headers: { authorization: `Bearer ${secret}` },
    });
    expect(asked.status).toBe(200);
  });
});
