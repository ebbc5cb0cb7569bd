import { X509Certificate } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createCa } from "../../apps/server/src/http/tls/certificate.ts";
import { itLong } from "../long.ts";
import { ask } from "../server/http/ask.ts";
import { copyEmoji } from "../server/workers/host.ts";
import { graft, jsonLines, type StartedGraft, startGraft, temporaryFolder } from "./run-graft.ts";

/** The command line with `graft serve --lan`, whose certificate no other program trusts. */
let serving: StartedGraft;
let link = "";
let url = "";
let token = "";
let folder = "";
let ca = "";

beforeAll(async () => {
  folder = await temporaryFolder("cli-lan");
  serving = startGraft(["serve", "--lan", "--port", "0"], join(folder, "server"));
  // without a terminal the token is printed at the first start
  link = (await serving.waitFor(/^https:\S+\/enter#\S+\n/)).trim();
  [url = "", token = ""] = link.split("/enter#");
  const { body } = await ask(`${url.replace("https:", "http:")}/ca/graft-ca.pem`, { token: null });
  ca = join(folder, "graft-ca.pem");
  await writeFile(ca, String(body));
});

afterAll(async () => {
  serving.child.kill("SIGTERM");
  await serving.done;
});

/** What is to be done about a certificate that is not known. */
const saysWhatToDo = (text: string): void => {
  const { host } = new URL(url);
  expect(text).toContain(`The certificate of ${url} is not known here.`);
  expect(text).toContain(`http://${host}/ca/graft-ca.pem`);
  expect(text).toContain("--ca graft-ca.pem");
  expect(text).toContain("SHA-256");
  expect(text).not.toContain("does not answer");
};

it("graft login says what to do about a certificate that is not known, and keeps nothing", async () => {
  const home = join(folder, "stranger");
  const { code, stderr } = await graft(["login", link], home);
  expect(code).toBe(1);
  saysWhatToDo(stderr);
  expect((await graft(["logout"], home)).stdout).toContain("Nobody was signed in.");
});

itLong("graft login --ca lets every command after it in", async () => {
  const home = join(folder, "home");
  const login = await graft(["login", link, "--ca", ca], home);
  expect([login.code, login.stderr]).toEqual([0, ""]);
  expect(login.stdout).toContain(new X509Certificate(await readFile(ca)).fingerprint256);
  // pictures go there, events come back, and the file itself is needed no more
  await rm(ca);
  const photos = join(folder, "photos");
  await copyEmoji(photos, 4);
  const small = ["--weights", "bundled", "--size", "75", "--cut", "mixed0", "--backend", "onnx:cpu"];
  const { code: trained, stdout: events } = await graft(
    ["train", photos, ...small, "--epochs", "1", "--json"],
    home,
  );
  expect([trained, jsonLines(events).at(-1)]).toEqual([0, expect.objectContaining({ type: "run-end" })]);
  for (const words of [
    ["runs", "list", "--server", url, "--token", token],
    ["predict", String(jsonLines(events).at(-1)?.run), photos],
    ["server", "backup", join(folder, "backup.tar")],
  ]) {
    const { code, stderr } = await graft(words, home);
    expect([words[0], code, stderr]).toEqual([words[0], 0, ""]);
  }
  const worker = startGraft(["worker", "--name", "attic"], home);
  await worker.waitFor(/Connected to \S+ as attic\./);
  worker.child.kill("SIGTERM");
  const idle = await worker.done;
  expect([idle.code, idle.stderr]).toEqual([0, expect.stringContaining("The worker has ended.")]);
  expect(idle.stderr).not.toMatch(/the training|another worker/);
  // another address is not believed for it
  const other = url.replace("127.0.0.1", "localhost");
  const { code, stderr } = await graft(["runs", "list", "--server", other, "--token", token], home);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`The certificate of ${other} is not known here.`),
  ]);
});

it("graft login takes the CA of the server and no other file", async () => {
  const home = join(folder, "wrong");
  const login = (file: string) => graft(["login", link, "--ca", file], home);
  const none = await login(join(folder, "nothing.pem"));
  expect([none.code, none.stderr]).toEqual([1, expect.stringContaining("--ca: there is no such file")]);
  const noPem = join(folder, "no.pem");
  await writeFile(noPem, "not a certificate");
  const text = await login(noPem);
  expect([text.code, text.stderr]).toEqual([
    1,
    expect.stringContaining("--ca: this is no certificate (PEM)"),
  ]);
  const other = join(folder, "other.pem");
  await writeFile(other, createCa("other", { names: ["localhost"], addresses: [] }, Date.now()).cert);
  const { code, stderr } = await login(other);
  expect([code, stderr]).toEqual([
    1,
    expect.stringContaining(`The certificate of ${url} is not from the one given with --ca.`),
  ]);
});

it("graft worker ends at once over a certificate, and says what to do", async () => {
  const home = join(folder, "worker");
  const work = (...more: string[]) =>
    graft(["worker", "--server", url, "--token", token, "--name", "w", ...more], home);
  const stranger = await work();
  expect(stranger.code).toBe(1);
  saysWhatToDo(stranger.stderr);
  const noPem = join(folder, "no.pem");
  await writeFile(noPem, "not a certificate");
  const text = await work("--ca", noPem);
  expect([text.code, text.stderr]).toEqual([
    1,
    expect.stringContaining("--ca: this is no certificate (PEM)"),
  ]);
  const other = join(folder, "other.pem");
  await writeFile(other, createCa("other", { names: ["localhost"], addresses: [] }, Date.now()).cert);
  const wrong = await work("--ca", other);
  expect([wrong.code, wrong.stderr]).toEqual([
    1,
    expect.stringContaining(`The certificate of ${url} is not from the one given with --ca.`),
  ]);
  for (const { stderr } of [stranger, text, wrong]) expect(stderr).not.toMatch(/Trying again|engines/);
});
