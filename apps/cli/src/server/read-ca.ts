import { X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { CoreError } from "@graft/core";
import { readFailure } from "@graft/core/node";

/** Certificates that a server is believed by, as `--ca` names them. */
export interface GivenCa {
  /** PEM */
  readonly pem: string;
  /** SHA-256 of the first one, as `graft serve --lan` prints it. */
  readonly fingerprint: string;
}

const BLOCK = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** @throws CoreError `not-found`, `bad-input` for a file without certificates, as the file system. */
export async function readCa(path: string): Promise<GivenCa> {
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw new CoreError("not-found", { what: "--ca: there is no such file.", received: path });
    throw readFailure(path, error);
  });
  try {
    const [first, ...more] = (text.match(BLOCK) ?? []).map((pem) => new X509Certificate(pem));
    if (first)
      return {
        pem: [first, ...more].map((certificate) => certificate.toString()).join(""),
        fingerprint: first.fingerprint256,
      };
  } catch {
    // as one that has none
  }
  throw new CoreError("bad-input", {
    what: "--ca: this is no certificate (PEM).",
    received: path,
    expected:
      "a file with -----BEGIN CERTIFICATE-----, such as the graft-ca.pem that a server with --lan offers",
  });
}
