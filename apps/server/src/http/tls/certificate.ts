/** A small certificate authority, and certificates from it (RFC 5280): ECDSA on P-256, which every phone takes. */
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  randomBytes,
  sign,
} from "node:crypto";
import { isIPv4 } from "node:net";
import { bits, boolean, explicit, implicit, integer, octets, oid, sequence, set, time, utf8 } from "./der.ts";

/** What a certificate is for: names and addresses. */
export interface HostNames {
  readonly names: readonly string[];
  /** IPv4 and IPv6. */
  readonly addresses: readonly string[];
}

/** PEM. */
export interface KeyAndCertificate {
  readonly key: string;
  readonly cert: string;
}

const ECDSA_SHA256 = sequence(oid("1.2.840.10045.4.3.2"));
const DAY_MS = 86_400_000;
/** Machines whose clocks are behind take it, too. */
const BACKDATED_MS = DAY_MS;
/** Phones take no certificate of a server that is good for longer than 825 days; browsers like 398. */
const SERVER_DAYS = 397;
const CA_DAYS = 3650;

const nameOf = (commonName: string): Buffer => sequence(set(sequence(oid("2.5.4.3"), utf8(commonName))));

const extension = (id: string, isCritical: boolean, value: Buffer): Buffer =>
  sequence(oid(id), ...(isCritical ? [boolean(true)] : []), octets(value));

/** 4 or 16 bytes. */
export function addressBytes(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split(".").map(Number));
  const [head = "", tail = ""] = address.split("::");
  const groups = (text: string): string[] => text.split(":").filter((group) => group !== "");
  const [before, after] = [groups(head), groups(tail)];
  const all = [...before, ...Array(8 - before.length - after.length).fill("0"), ...after];
  return Buffer.from(all.map((group) => group.padStart(4, "0")).join(""), "hex");
}

/** serverAuth: for servers, and neither for mail nor for programs. */
const forServers = (): Buffer => extension("2.5.29.37", false, sequence(oid("1.3.6.1.5.5.7.3.1")));

/** General names: 2 is a name, 7 an address. */
const dnsName = (name: string): Buffer => implicit(2, Buffer.from(name));
const ipName = (bytes: Buffer): Buffer => implicit(7, bytes);

/** The names and addresses that a CA may vouch for; an address with a mask of all ones is that address alone. */
function permitted({ names, addresses }: HostNames): Buffer {
  const trees = [
    ...names.map((name) => sequence(dnsName(name))),
    ...addresses.map((address) => {
      const bytes = addressBytes(address);
      return sequence(ipName(Buffer.concat([bytes, Buffer.alloc(bytes.length, 0xff)])));
    }),
    // a kind that is not named would be free: without IPv6 addresses, there is none that it may vouch for
    ...(addresses.some((address) => !isIPv4(address)) ? [] : [sequence(ipName(Buffer.alloc(32, 0xff)))]),
  ];
  return sequence(explicit(0, Buffer.concat(trees)));
}

const keyId = (spki: Buffer): Buffer => createHash("sha1").update(spki).digest();

interface Parts {
  readonly subject: Buffer;
  readonly issuer: Buffer;
  readonly spki: Buffer;
  readonly days: number;
  readonly extensions: readonly Buffer[];
  /** PEM of who vouches. */
  readonly signingKey: string;
  readonly now: number;
}

function signed({ subject, issuer, spki, days, extensions, signingKey, now }: Parts): string {
  const serial = randomBytes(16);
  // a serial number is positive and has no zeros before it
  serial[0] = ((serial[0] ?? 0) & 0x3f) | 0x40;
  const body = sequence(
    explicit(0, integer(Buffer.from([2]))),
    integer(serial),
    ECDSA_SHA256,
    issuer,
    sequence(time(new Date(now - BACKDATED_MS)), time(new Date(now + days * DAY_MS))),
    subject,
    spki,
    explicit(3, sequence(...extensions)),
  );
  const whole = sequence(body, ECDSA_SHA256, bits(sign("sha256", body, createPrivateKey(signingKey))));
  const lines = whole.toString("base64").replace(/.{64}/g, "$&\n").trimEnd();
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}

function newKey(): { readonly key: string; readonly spki: Buffer } {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  return {
    key: String(privateKey.export({ type: "pkcs8", format: "pem" })),
    spki: publicKey.export({ type: "spki", format: "der" }),
  };
}

const caName = (machine: string): Buffer => nameOf(`graft on ${machine}`);

/**
 * A CA that can vouch for these names and addresses and for nothing else, whoever gets hold of its key.
 * @param machine what people see in their list of certificates.
 */
export function createCa(machine: string, hosts: HostNames, now: number): KeyAndCertificate {
  const { key, spki } = newKey();
  const cert = signed({
    ...{ subject: caName(machine), issuer: caName(machine), spki, days: CA_DAYS, signingKey: key, now },
    extensions: [
      extension("2.5.29.19", true, sequence(boolean(true), integer(Buffer.from([0])))),
      // keyCertSign, cRLSign
      extension("2.5.29.15", true, bits(Buffer.from([0x06]), 1)),
      forServers(),
      extension("2.5.29.30", true, permitted(hosts)),
      extension("2.5.29.14", false, octets(keyId(spki))),
    ],
  });
  return { key, cert };
}

/** A server's certificate from a CA, for names and addresses that the CA may vouch for. */
export function createCertificate(
  ca: KeyAndCertificate,
  machine: string,
  { names, addresses }: HostNames,
  now: number,
): KeyAndCertificate {
  const { key, spki } = newKey();
  const caSpki = createPublicKey(ca.cert).export({ type: "spki", format: "der" });
  const cert = signed({
    ...{
      subject: nameOf(machine),
      issuer: caName(machine),
      spki,
      days: SERVER_DAYS,
      signingKey: ca.key,
      now,
    },
    extensions: [
      extension("2.5.29.19", true, sequence()),
      // digitalSignature
      extension("2.5.29.15", true, bits(Buffer.from([0x80]), 7)),
      forServers(),
      extension(
        "2.5.29.17",
        false,
        sequence(...names.map(dnsName), ...addresses.map((address) => ipName(addressBytes(address)))),
      ),
      extension("2.5.29.14", false, octets(keyId(spki))),
      extension("2.5.29.35", false, sequence(implicit(0, keyId(caSpki)))),
    ],
  });
  return { key, cert };
}
