import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { beforeAll, describe, expect, it } from "vitest";
import { graft, startGraft, temporaryFolder } from "../../cli/run-graft.ts";
import { ask } from "../http/ask.ts";
import { bring, Events, Run, type Serving, serve } from "./serving.ts";

let home = "";
beforeAll(async () => {
  home = await temporaryFolder("serve");
});

describe("graft serve", () => {
  it("begins a home: one line to open, and a token that only its owner can read", async () => {
    const server = startGraft(["serve", "--port", "0"], home);
    const line = await server.waitFor(/^http.*\n/);
    const [, url = "", token = ""] =
      /^(http:\/\/127\.0\.0\.1:\d+)\/enter#(graft_[0-9a-z]{56})\n$/.exec(line) ?? [];
    const path = join(home, "server", "admin-token");
    expect(await readFile(path, "utf8")).toBe(`${token}\n`);
    expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect(await ask(`${url}/api/v1/system/me`, { token })).toMatchObject({
      status: 200,
      body: { role: "admin" },
    });
    expect((await ask(`${url}/health/ready`, { token: null })).status).toBe(200);

    const second = await graft(["serve", "--port", "0"], home);
    expect([second.code, second.stdout]).toEqual([1, ""]);
    expect(second.stderr).toContain("A server has this home already.");
    expect(second.stderr).toContain(`process ${server.child.pid}`);

    const port = new URL(url).port;
    const taken = await graft(["serve", "--port", port], await temporaryFolder("taken"));
    expect(taken.code).toBe(1);
    expect(taken.stderr).toMatch(/^graft: Another program has this port[^\n]*--port[^\n]*\n$/);

    server.child.kill("SIGTERM");
    const { code, stdout, stderr } = await server.done;
    expect([code, stdout]).toEqual([0, line]);
    expect(stderr).not.toContain(token);
    // everything but the last words for people is JSON
    const lines = stderr.trim().split("\n");
    expect(lines.filter((each) => !each.startsWith("{"))).toEqual([expect.stringMatching(/^Ending: /)]);
  });

  it("shows the token to people alone when it starts again, and says where it is", async () => {
    const server = startGraft(["serve", "--port", "0"], home);
    expect(await server.waitFor(/^http.*\n/)).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/enter\n$/);
    await server.waitFor(/The token to come in with is in .*admin-token.* server token/);
    const again = await graft(["server", "token"], home);
    const [, url = "", token = ""] = /^(http:\S+)\/enter#(\S+)\n$/.exec(again.stdout) ?? [];
    expect(await ask(`${url}/api/v1/system/me`, { token })).toMatchObject({ body: { role: "admin" } });
    server.child.kill("SIGINT");
    expect((await server.done).code).toBe(0);
    const later = await graft(["server", "token"], home);
    expect([later.code, later.stdout, later.stderr]).toEqual([
      0,
      `${token}\n`,
      expect.stringMatching(/does not run.* serve/),
    ]);
    const nobody = await graft(["server", "token"], await temporaryFolder("nobody"));
    expect([nobody.code, nobody.stdout]).toEqual([1, ""]);
    expect(nobody.stderr).toMatch(/No server has kept .*Start the server/);
  });

  it("takes pictures in, trains, stops for its end, and goes on after it", async () => {
    const first = await serve(home);
    const dataset = await bring(first);
    const config = {
      weights: "bundled",
      cut: "mixed0",
      size: 75,
      epochs: 400,
      earlyStop: null,
      learningRate: 1e-5,
    };
    const run = await first.api(Run, "POST", "/runs", { dataset, config });
    const log = (server: Serving) => server.api(Events, "GET", `/runs/${run.id}/log?limit=1000`);
    while (!(await log(first)).items.some(({ type }) => type === "epoch-end")) await pause(100);
    const ended = await first.end();
    expect(ended.code).toBe(0);

    const next = await serve(home);
    const stream = await fetch(`${next.url}/api/v1/runs/${run.id}/events`, {
      headers: { authorization: `Bearer ${next.enterUrl.split("#")[1]}` },
    });
    const text = await stream.text();
    const ids = [...text.matchAll(/^id: (\d+)$/gm)].map(([, id]) => Number(id));
    expect(ids).toEqual(ids.map((_, i) => i));
    expect(text).toMatch(/"type":"run-start","resumedFromEpoch":\d+/);
    expect(text).toMatch(/"type":"run-end","status":"completed"/);
    expect(text.trimEnd()).toMatch(/event: end\ndata: \{\}$/);
    expect(await next.api(Run, "GET", `/runs/${run.id}`)).toMatchObject({ state: "completed" });
    // the request that asked for it is in the log of what it did
    expect((await next.end()).code).toBe(0);
  });
});

describe("graft serve refuses", () => {
  it.each([
    [["--bind", "0.0.0.0"], 2, /without encryption.*--lan.*--tls-cert.*--insecure/s],
    [["--tls-cert", "a.pem"], 2, /belong together.*--tls-key/],
    [["--lan", "--insecure"], 2, /--insecure means: without a certificate/],
    [["--trust-proxy", "abc"], 2, /--trust-proxy does not say.*"abc".*10\.0\.0\.2/],
    [["--tls-cert", "a.pem", "--tls-key", "b.pem"], 1, /a\.pem cannot be read/],
    [["--port", "70000"], 2, /--port.*from 0 to 65535/],
    [["--workers", "many"], 2, /--workers.*whole number/],
    [["--allow-origin", "*"], 2, /--allow-origin: this is no origin/],
    [["--log-level", "loud"], 2, /--log-level.*Allowed choices/],
    [["--lna"], 2, /Did you mean --lan/],
  ])("%j", async (flags, code, message) => {
    const refused = await graft(["serve", ...flags], await temporaryFolder("refused"));
    expect([refused.code, refused.stdout]).toEqual([code, ""]);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr).not.toMatch(/^\s+at /m);
  });

  it.each([
    ["nonsense", 2, /DATABASE_URL: this is no address.*does not begin with postgres:\/\//],
    ["mysql://u:secretpw@127.0.0.1/x", 2, /DATABASE_URL: this is no address/],
    ["postgres://u:secretpw#1@127.0.0.1/x", 2, /host, port or database cannot be read.*%23/],
    [
      "postgres://u:secretpw@127.0.0.1:1/x?application_name=secretpw",
      ...([1, /cannot be reached.*postgres:\/\/u@127\.0\.0\.1:1\/x: nothing listens there/] as const),
    ],
    ["postgres://u:secretpw@graft.invalid/x", 1, /cannot be reached.*u@graft\.invalid\/x: .*host/],
  ] as const)("the database %s, and tells no password", async (DATABASE_URL, code, message) => {
    const refused = await graft(["serve", "--port", "0"], await temporaryFolder("refused"), {
      env: { DATABASE_URL },
    });
    expect([refused.code, refused.stdout]).toEqual([code, ""]);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr).not.toMatch(/secretpw|defect|^\s+at /m);
  });

  it.each([
    [["--blobs", "s3:/bucket/x"], /looks like an address.*s3:\/\/BUCKET/],
    [["--worker-token", "nowhere/token"], /workers' token cannot be written.*nowhere.*--worker-token/],
  ])("%j", async (flags, message) => {
    const cwd = await temporaryFolder("refused");
    const refused = await graft(["serve", "--port", "0", ...flags], join(cwd, "home"), { cwd });
    expect([refused.code, refused.stdout]).toEqual([1, ""]);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr).not.toMatch(/^\s+at /m);
    expect(await readdir(cwd)).toEqual(["home"]);
  });

  it("a home that cannot be one", async () => {
    const file = join(await temporaryFolder("refused"), "file");
    await writeFile(file, "");
    expect((await graft(["serve", "--home", join(file, "home")], home)).code).toBe(1);
  });
});
