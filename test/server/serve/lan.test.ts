import { X509Certificate } from "node:crypto";
import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createCa } from "../../../apps/server/src/http/tls/certificate.ts";
import { LOCAL, machineNames } from "../../../apps/server/src/http/tls/machine-names.ts";
import { graft, type StartedGraft, startGraft, temporaryFolder } from "../../cli/run-graft.ts";
import { ask } from "../http/ask.ts";

interface Serving {
  readonly graft: StartedGraft;
  readonly port: string;
  /** What it told people on stderr, when it was ready. */
  readonly text: string;
}

/** `graft serve --lan`, as its owner starts it. */
async function serveLan(home: string): Promise<Serving> {
  const started = startGraft(["serve", "--lan", "--port", "0", "--workers", "0"], home);
  const [, port = ""] =
    /^https:\/\/127\.0\.0\.1:(\d+)\/enter/.exec(await started.waitFor(/^https:.*\n/)) ?? [];
  return { graft: started, port, text: await started.waitFor(/^[\s\S]*Then: https:.*\n(Also: .*\n)?/) };
}

interface Client {
  /** PEM that it trusts, and nothing else; undefined: what every program trusts. */
  readonly ca?: string;
  readonly token: string;
  /** The name that it calls the server by. */
  readonly name?: string;
}

/** Asks who it is, by TLS. @returns status and body; rejects where the certificate is not good for it. */
function whoAmI(
  port: string,
  { ca, token, name = "localhost" }: Client,
): Promise<[number | undefined, unknown]> {
  const headers = { authorization: `Bearer ${token}`, host: `${name}:${port}` };
  const to = { host: "127.0.0.1", port, path: "/api/v1/system/me", agent: false, servername: name, headers };
  return new Promise((settle, reject) => {
    get({ ...to, ...(ca === undefined ? {} : { ca }) }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (piece: string) => {
        text += piece;
      });
      answer.on("end", () => settle([answer.statusCode, JSON.parse(text)]));
    }).on("error", reject);
  });
}

const codeOf = (error: unknown): unknown => error instanceof Error && "code" in error && error.code;

it("graft serve --lan lets in who trusts its certificate, and makes that once", async () => {
  const home = await temporaryFolder("lan");
  const first = await serveLan(home);
  const { port } = first;
  const token = (await readFile(join(home, "server", "admin-token"), "utf8")).trim();
  const admin = expect.objectContaining({ role: "admin" });

  // a phone scans this, reads what to tap, and finds the certificate without trusting anything
  expect(first.text).toMatch(/[▀▄█]{10}/);
  expect(first.text).toMatch(
    new RegExp(`Phones in this network: scan this, or open http://\\S+:${port}/ca\\n`),
  );
  expect(first.text).toContain("This server's certificate is new: each phone must trust it once");
  expect(first.text).not.toContain(token);
  const page = await ask(`http://127.0.0.1:${port}/ca`, { token: null });
  const file = await ask(`http://127.0.0.1:${port}/ca/graft-ca.pem`, { token: null });
  const ca = String(file.body);
  const { fingerprint256, ca: isCa } = new X509Certificate(ca);
  expect([page.status, file.status, isCa]).toEqual([200, 200, true]);
  for (const text of [String(page.body), first.text]) expect(text).toContain(fingerprint256);

  // by each name that this machine has
  const { names } = machineNames();
  for (const name of [...LOCAL.names, ...names])
    expect(await whoAmI(port, { ca, token, name })).toEqual([200, admin]);
  const other = createCa("other", { names: ["localhost"], addresses: [] }, Date.now()).cert;
  for (const client of [{ token }, { token, ca: other }])
    expect(await whoAmI(port, client).catch(codeOf)).toMatch(
      /^(SELF_SIGNED_CERT_IN_CHAIN|UNABLE_TO_|CERT_SIG)/,
    );
  expect(await whoAmI(port, { ca, token, name: "graft.example" }).catch(codeOf)).toBe(
    "ERR_TLS_CERT_ALTNAME_INVALID",
  );

  // so does the command line
  const kept = join(home, "graft-ca.pem");
  await writeFile(kept, ca);
  const there = ["runs", "list", "--server", `https://localhost:${port}`, "--token", token];
  const listed = await graft(there, home, { env: { NODE_EXTRA_CA_CERTS: kept } });
  expect([listed.code, listed.stderr]).toEqual([0, ""]);
  expect((await graft(there, home)).code).toBe(1);

  const folder = join(home, "server", "lan");
  const [name = "", ...more] = await readdir(folder);
  expect(more).toEqual([]);
  expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  first.graft.child.kill("SIGTERM");
  const { code, stdout, stderr } = await first.graft.done;
  expect(code).toBe(0);
  expect(stdout + stderr).not.toContain("PRIVATE KEY");

  const second = await serveLan(home);
  expect(second.text).toContain("Phones that trusted this server before need nothing");
  expect(await readdir(folder)).toEqual([name]);
  expect(await whoAmI(second.port, { ca, token })).toEqual([200, admin]);
  second.graft.child.kill("SIGTERM");
  expect((await second.graft.done).code).toBe(0);
});
