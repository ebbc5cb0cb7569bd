import { X509Certificate } from "node:crypto";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { get } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  createCa,
  createCertificate,
  type HostNames,
} from "../../../apps/server/src/http/tls/certificate.ts";
import { lanCertificate } from "../../../apps/server/src/http/tls/lan-certificate.ts";
import { lanText } from "../../../apps/server/src/http/tls/lan-text.ts";
import { machineNames } from "../../../apps/server/src/http/tls/machine-names.ts";
import { ask, exchange } from "./ask.ts";
import { ADMIN, type StartedHost, startHost } from "./start-host.ts";

const DAY = 86_400_000;
const now = Date.now();
const hosts: HostNames = {
  names: ["localhost", "vm", "vm.local"],
  addresses: ["127.0.0.1", "::1", "192.168.1.7", "fd00::2"],
};
const ca = createCa("vm", hosts, now);
const server = createCertificate(ca, "vm", hosts, now);

interface Got {
  readonly status: number | undefined;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly text: string;
}

/** Asks as a client that trusts one CA and nothing else. */
function ofTrusting(trusted: string, url: string, servername = "localhost"): Promise<Got> {
  return new Promise((settle, reject) => {
    get(
      url,
      { ca: trusted, servername, agent: false, headers: { authorization: `Bearer ${ADMIN}` } },
      (response) => {
        let text = "";
        response.on("data", (piece: Buffer) => {
          text += piece.toString();
        });
        response.on("end", () => settle({ status: response.statusCode, headers: response.headers, text }));
      },
    ).on("error", reject);
  });
}

describe("a certificate", () => {
  it("names what it is for, and is what phones take", () => {
    const {
      subjectAltName,
      validFrom,
      validTo,
      subject,
      issuer,
      ca: isCa,
    } = new X509Certificate(server.cert);
    expect(subjectAltName).toBe(
      "DNS:localhost, DNS:vm, DNS:vm.local, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1, IP Address:192.168.1.7, IP Address:FD00:0:0:0:0:0:0:2",
    );
    expect([subject, issuer, isCa]).toEqual(["CN=vm", "CN=graft on vm", false]);
    expect(Date.parse(validTo) - Date.parse(validFrom)).toBe(398 * DAY);
    expect(new X509Certificate(server.cert).verify(new X509Certificate(ca.cert).publicKey)).toBe(true);
    expect(new X509Certificate(ca.cert).ca).toBe(true);
  });

  it.each([
    ["its own names", { names: ["localhost"], addresses: [] }, "localhost", undefined],
    ["its own addresses", { names: [], addresses: ["127.0.0.1"] }, "127.0.0.1", undefined],
    [
      "another name",
      { names: ["localhost", "example.org"], addresses: [] },
      "localhost",
      "permitted subtree violation",
    ],
    [
      "another address",
      { names: ["localhost"], addresses: ["192.168.1.8"] },
      "localhost",
      "permitted subtree violation",
    ],
    [
      "another IPv6 address",
      { names: ["localhost"], addresses: ["fd00::3"] },
      "localhost",
      "permitted subtree violation",
    ],
  ])("of the CA is good for %s", async (_, of, name, refusal) => {
    const { cert, key } = createCertificate(ca, "vm", of, now);
    await using host = await startHost({ tls: { cert: cert + ca.cert, key } });
    const asked = ofTrusting(
      ca.cert,
      `https://${name}:${host.port}/api/v1/system/version`,
      name === "localhost" ? name : "",
    );
    if (refusal === undefined) expect((await asked).status).toBe(200);
    else await expect(asked).rejects.toThrow(refusal);
  });

  it("of a CA for IPv4 alone is good for no IPv6 address", async () => {
    const narrow = createCa("vm", { names: ["localhost"], addresses: ["127.0.0.1"] }, now);
    const { cert, key } = createCertificate(
      narrow,
      "vm",
      { names: ["localhost"], addresses: ["fd00::3"] },
      now,
    );
    await using host = await startHost({ tls: { cert: cert + narrow.cert, key } });
    await expect(ofTrusting(narrow.cert, `https://localhost:${host.port}/`)).rejects.toThrow(
      "permitted subtree",
    );
  });
});

describe("a server with TLS", () => {
  let host: StartedHost;
  beforeAll(async () => {
    host = await startHost({
      tls: { cert: server.cert + ca.cert, key: server.key },
      ...{ ca: ca.cert, plainPages: true, limits: { headersMs: 300 } },
    });
  });
  afterAll(() => host[Symbol.asyncDispose]());

  it("answers who trusts its CA, and nobody who does not", async () => {
    const url = `https://localhost:${host.port}/api/v1/system/me`;
    const { status, text } = await ofTrusting(ca.cert, url);
    expect([status, JSON.parse(text)]).toEqual([200, expect.objectContaining({ role: "admin" })]);
    await expect(ofTrusting(createCa("other", hosts, now).cert, url)).rejects.toThrow(/certificate/);
    await expect(fetch(url)).rejects.toThrow();
  });

  it("takes nothing older than TLS 1.2", async () => {
    const told = await new Promise((settle) => {
      const socket = connectTls({
        port: host.port,
        host: "127.0.0.1",
        ca: ca.cert,
        minVersion: "TLSv1",
        maxVersion: "TLSv1.1",
      });
      socket.once("secureConnect", () => settle("connected")).once("error", () => settle("refused"));
    });
    expect(told).toBe("refused");
  });

  it("sends cookies over TLS alone", async () => {
    const response = await new Promise<Got["headers"]>((settle, reject) => {
      const request = get(
        `https://localhost:${host.port}/api/v1/leave`,
        { ca: ca.cert, method: "POST" },
        (answer) => {
          answer.resume();
          settle(answer.headers);
        },
      );
      request.on("error", reject);
    });
    expect(String(response["set-cookie"])).toContain("; Secure");
  });

  it("sends who asks without TLS on to the same address with it", async () => {
    const { status, headers } = await ask(`http://localhost:${host.port}/enter?a=b`, { token: null });
    expect([status, headers.get("location")]).toEqual([308, `https://localhost:${host.port}/enter?a=b`]);
    const post = await ask(`http://localhost:${host.port}/api/v1/enter`, {
      method: "POST",
      token: null,
      body: { token: ADMIN },
    });
    expect([post.status, post.headers.get("set-cookie")]).toEqual([308, null]);
    expect(
      (await ask(`http://127.0.0.1:${host.port}/ca`, { token: null, headers: { host: "evil.example" } }))
        .status,
    ).not.toBe(308);
  });

  it("offers its CA also to who does not trust it yet, and says what a phone will show", async () => {
    for (const { status, text } of [
      await ofTrusting(ca.cert, `https://localhost:${host.port}/ca`),
      {
        ...(await ask(`http://localhost:${host.port}/ca`, { token: null })),
        text: String((await ask(`http://localhost:${host.port}/ca`, { token: null })).body),
      },
    ]) {
      expect(status).toBe(200);
      expect(text).toContain(new X509Certificate(ca.cert).fingerprint256);
      expect(text).toContain("Certificate Trust Settings");
      expect(text).toContain("Install anyway");
    }
    const file = await ask(`http://localhost:${host.port}/ca/graft-ca.pem`, { token: null });
    expect([file.headers.get("content-type"), file.body]).toEqual(["application/x-x509-ca-cert", ca.cert]);
    expect(ca.cert).not.toContain("PRIVATE");
  });

  it("gives up a connection that says nothing, or half of a handshake", async () => {
    expect(await exchange(host.port)).toBe("");
    expect(await exchange(host.port, Buffer.from([22, 3, 1]))).toBe("");
    expect(await exchange(host.port, "GET / HTTP/1.1\r\nhost: localhost\r\n")).toMatch(
      /^(HTTP\/1\.1 408 .*)?$/s,
    );
    expect((await ofTrusting(ca.cert, `https://localhost:${host.port}/health/live`)).status).toBe(200);
  });

  it("takes another certificate while it runs", async () => {
    const next = createCa("vm", hosts, now);
    const { cert, key } = createCertificate(next, "vm", hosts, now);
    host.host.setTls({ cert: cert + next.cert, key });
    const url = `https://localhost:${host.port}/health/live`;
    expect((await ofTrusting(next.cert, url)).status).toBe(200);
    await expect(ofTrusting(ca.cert, url)).rejects.toThrow();
  });
});

describe("the CA of a home", () => {
  let folder = "";
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "graft-lan-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const certificate = (of: HostNames, at = now) =>
    lanCertificate({ folder, machine: "vm", hosts: of, now: at });

  it("is made once, for its owner's eyes", async () => {
    const first = await certificate(hosts);
    expect(first.isNew).toBe(true);
    expect(await certificate(hosts)).toEqual({ ...first, isNew: false });
    // one address less: the cable is out
    expect(await certificate({ ...hosts, addresses: hosts.addresses.slice(0, 3) })).toEqual({
      ...first,
      isNew: false,
    });
    for (const name of await readdir(folder))
      expect((await stat(join(folder, name))).mode & 0o777).toBe(0o600);
  });

  it("renews its certificate a month before that ends, and stays the same itself", async () => {
    const first = await certificate(hosts);
    const later = await certificate(hosts, now + 370 * DAY);
    expect([later.ca, later.isNew]).toEqual([first.ca, false]);
    expect(later.tls.cert).not.toBe(first.tls.cert);
    expect(Date.parse(new X509Certificate(later.tls.cert).validTo)).toBeGreaterThan(now + 700 * DAY);
  });

  it("is another one for another address, and the same again when that is gone", async () => {
    const home = await certificate(hosts);
    const elsewhere = await certificate({ ...hosts, addresses: ["127.0.0.1", "::1", "10.0.0.5"] });
    expect([elsewhere.isNew, elsewhere.ca === home.ca]).toEqual([true, false]);
    expect((await certificate(hosts)).ca).toBe(home.ca);
  });

  it("is made anew where what is kept cannot be read", async () => {
    const other = await mkdtemp(join(tmpdir(), "graft-lan-"));
    const of = { folder: other, machine: "vm", hosts, now };
    await lanCertificate(of);
    for (const name of await readdir(other)) await writeFile(join(other, name), "{");
    expect((await lanCertificate(of)).isNew).toBe(true);
    await rm(other, { recursive: true });
  });
});

it("a machine is known by its names and the addresses that phones can reach", () => {
  const at = (address: string, family: "IPv4" | "IPv6", internal = false) => ({
    ...{ address, family, internal, netmask: "", mac: "", cidr: null },
    ...(family === "IPv6" ? { scopeid: 0 } : {}),
  });
  const interfaces = {
    lo: [at("127.0.0.1", "IPv4", true)],
    docker0: [at("172.17.0.1", "IPv4")],
    eth0: [at("10.1.2.3", "IPv4"), at("fe80::1", "IPv6"), at("fd00::2", "IPv6"), at("2001:db8::5", "IPv6")],
    wlan0: [at("192.168.1.7", "IPv4")],
  };
  expect(machineNames("Vera's Mac", {})).toEqual({ names: [], addresses: [] });
  expect(machineNames("VM.school.example", interfaces as never)).toEqual({
    names: ["vm.school.example", "vm.local"],
    addresses: ["192.168.1.7", "10.1.2.3", "fd00::2"],
  });
});

it("a terminal shows a code to scan, where it leads and what to tap", () => {
  const text = lanText({
    names: ["vm.local"],
    addresses: ["192.168.1.7", "fd00::2"],
    port: 4700,
    fingerprint: "AB:CD",
    isNew: true,
  });
  expect(text).toMatch(/[▀▄█]{10}/);
  for (const part of [
    "http://192.168.1.7:4700/ca",
    "https://vm.local:4700",
    "https://[fd00::2]:4700",
    "AB:CD",
    "iPhone",
    "Android",
  ])
    expect(text).toContain(part);
});
