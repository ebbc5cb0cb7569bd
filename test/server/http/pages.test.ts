import { type Browser, chromium } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { chromiumPath, NO_CHROMIUM } from "../../setup/chromium.ts";
import { ask } from "./ask.ts";
import { ADMIN, MEMBER, type StartedHost, startHost } from "./start-host.ts";

let host: StartedHost;
beforeAll(async () => {
  host = await startHost();
});
afterAll(() => host[Symbol.asyncDispose]());

describe("the first page", () => {
  const page = async (token: string | null) => String((await ask(`${host.url}/`, { token })).body);

  it("leads to the document, and shows a first script for this very server", async () => {
    const text = await page(null);
    expect(text).toContain('href="/api/v1/openapi.json"');
    expect(text).toContain(`${host.url}/api/v1`);
    expect(text).toContain("urllib.request");
    expect(text).toContain("You have not come in");
  });

  it("says what the token may do, and lists that alone", async () => {
    const [admin, member, nobody] = [await page(ADMIN), await page(MEMBER), await page(null)];
    expect(admin).toMatch(/role <b>admin<\/b>: it may do everything/);
    expect(member).toMatch(/role <b>member<\/b>/);
    // only admins may end things here
    const end = "<code>DELETE</code></td><td><code>/things/{thing}</code>";
    expect([admin, member, nobody].map((text) => text.includes(end))).toEqual([true, false, false]);
    expect(nobody).toContain("<code>/system/version</code>");
    expect(nobody).not.toContain("<code>/system/me</code>");
  });

  it("shows nothing of a Host header as HTML", async () => {
    const { body } = await ask(`${host.url}/`, { token: null });
    expect(body).not.toMatch(/<script/);
  });
});

describe("the page to come in by, in Chromium", () => {
  const program = chromiumPath();
  let browser: Browser | undefined;
  beforeAll(async () => {
    if (program) browser = await chromium.launch({ executablePath: program, args: ["--no-sandbox"] });
  });
  afterAll(() => browser?.close());

  /** A page in a profile of its own, and what its console said. */
  async function open(path: string) {
    const page = await (await browser?.newContext())?.newPage();
    if (!page) throw new Error("there is no browser");
    const said: string[] = [];
    page.on("console", (message) => said.push(message.text()));
    const asked: string[] = [];
    page.on("request", (request) => asked.push(request.url()));
    await page.goto(host.url + path);
    return { page, said, asked };
  }

  it("trades the token behind # for a cookie, and takes it out of the address and the history", async ({
    skip,
  }) => {
    skip(program === undefined, NO_CHROMIUM);
    const { page, said, asked } = await open(`/enter#${ADMIN}`);
    await page.waitForURL(`${host.url}/`);
    expect(await page.textContent("main")).toContain("role admin");
    const cookies = await page.context().cookies();
    expect(cookies).toMatchObject([
      { name: "graft_token", value: ADMIN, httpOnly: true, sameSite: "Strict", path: "/" },
    ]);
    expect(asked.filter((url) => url.includes(ADMIN.slice(0, 20)) && !url.includes("#"))).toEqual([]);
    await page.goBack().catch(() => undefined);
    expect(page.url()).not.toContain("graft_");
    // the policy stopped nothing of the page's own
    expect(said).toEqual([]);
  });

  it("takes a code that is typed, and says why one lets nobody in", async ({ skip }) => {
    skip(program === undefined, NO_CHROMIUM);
    const { page } = await open("/enter#graft_wrong");
    await page.getByRole("alert").waitFor();
    expect(await page.getByRole("alert").textContent()).toContain("This token lets nobody in.");
    // a second link, opened in the same tab
    await page.goto(`${host.url}/enter#graft_wrong_too`);
    await page.waitForURL(`${host.url}/enter`);
    await page.getByRole("alert").waitFor();
    await page.getByLabel("Your token or code").fill(MEMBER);
    await page.getByRole("button", { name: "Come in" }).click();
    await page.waitForURL(`${host.url}/`);
    expect(await page.textContent("main")).toContain("role member");
  });

  it("and a cookie changes things from this server's pages alone", async ({ skip }) => {
    skip(program === undefined, NO_CHROMIUM);
    const { page } = await open(`/enter#${ADMIN}`);
    await page.waitForURL(`${host.url}/`);
    const own = await page.request.delete(`${host.url}/api/v1/things/ball`, {
      headers: { origin: host.url },
    });
    expect(own.status()).toBe(200);
    const other = await startHost();
    // another site's page: the same machine under another name
    await page.goto(`http://localhost:${other.port}/health/live`);
    const from = await page.evaluate(
      (url) =>
        fetch(url, { method: "DELETE", credentials: "include" }).then(
          (answer) => answer.status,
          () => "refused",
        ),
      `${host.url}/api/v1/things/ball`,
    );
    expect(from).toBe("refused");
    await other[Symbol.asyncDispose]();
  });
});
