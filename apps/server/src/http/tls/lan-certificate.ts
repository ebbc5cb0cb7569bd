/** `lan`: a certificate for this machine in its own network, from a CA that is made once and kept in the home. */
import { X509Certificate } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { readPrivate, writePrivate } from "@graft/core/node";
import * as z from "zod";
import type { TlsPair } from "../http-host.ts";
import { createCa, createCertificate, type HostNames } from "./certificate.ts";

/** A certificate is renewed so long before its end. */
const RENEW_MS = 30 * 86_400_000;

export interface LanCertificate {
  /** The certificate with its CA, and its key. */
  readonly tls: TlsPair;
  /** PEM, for phones and programs to trust. */
  readonly ca: string;
  /** Of the CA, SHA-256, as phones show it. */
  readonly fingerprint: string;
  /** It was made just now: nobody trusts it yet. */
  readonly isNew: boolean;
}

export interface LanOptions {
  /** Keeps CAs and certificates; private. */
  readonly folder: string;
  /** What people see in their list of certificates: this machine's name. */
  readonly machine: string;
  readonly hosts: HostNames;
  /** Milliseconds since 1970. */
  readonly now: number;
}

const Kept = z.object({
  madeAt: z.number(),
  names: z.array(z.string()),
  addresses: z.array(z.string()),
  ca: z.object({ key: z.string(), cert: z.string() }),
  server: z.object({ key: z.string(), cert: z.string() }),
});
type Kept = z.infer<typeof Kept>;

/**
 * The certificate for these names and addresses. A CA may vouch for those that it was made for and for nothing else, so a
 * machine that gets another address makes another CA, and phones must trust that one anew; the one before stays for when the
 * machine comes back to its network.
 * @throws as the file system
 */
export async function lanCertificate(options: LanOptions): Promise<LanCertificate> {
  const { folder, machine, hosts, now } = options;
  const kept = (await readAll(folder))
    .filter((each) => vouchesFor(each, hosts) && !endsSoon(each.ca.cert, now))
    .sort((a, b) => b.madeAt - a.madeAt)[0];
  if (kept) {
    if (!endsSoon(kept.server.cert, now)) return told(kept, false);
    const renewed = { ...kept, server: createCertificate(kept.ca, machine, kept, now) };
    await write(folder, renewed);
    return told(renewed, false);
  }
  const ca = createCa(machine, hosts, now);
  const made: Kept = {
    ...{ madeAt: now, names: [...hosts.names], addresses: [...hosts.addresses], ca },
    server: createCertificate(ca, machine, hosts, now),
  };
  await write(folder, made);
  return told(made, true);
}

const vouchesFor = ({ names, addresses }: HostNames, hosts: HostNames): boolean =>
  hosts.names.every((name) => names.includes(name)) &&
  hosts.addresses.every((address) => addresses.includes(address));

/** A file for each CA. */
const write = (folder: string, kept: Kept): Promise<void> => {
  const name = new X509Certificate(kept.ca.cert).serialNumber.toLowerCase();
  return writePrivate(join(folder, `${name}.json`), JSON.stringify(kept));
};

/** What cannot be read is as if it were not there. */
async function readAll(folder: string): Promise<Kept[]> {
  const names = await readdir(folder).catch(() => []);
  const texts = await Promise.all(
    names.filter((name) => name.endsWith(".json")).map((name) => readPrivate(join(folder, name))),
  );
  return texts.flatMap((text) => {
    try {
      return [Kept.parse(JSON.parse(text ?? ""))];
    } catch {
      return [];
    }
  });
}

const endsSoon = (cert: string, now: number): boolean =>
  Date.parse(new X509Certificate(cert).validTo) - now < RENEW_MS;

const told = ({ ca, server }: Kept, isNew: boolean): LanCertificate => ({
  tls: { cert: server.cert + ca.cert, key: server.key },
  ca: ca.cert,
  fingerprint: new X509Certificate(ca.cert).fingerprint256,
  isNew,
});
