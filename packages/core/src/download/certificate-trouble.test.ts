import { expect, it } from "vitest";
import { certificateTrouble } from "./certificate-trouble.ts";

const failed = (code: string, message: string): TypeError =>
  new TypeError("fetch failed", { cause: Object.assign(new Error(message), { code }) });
const of = (code: string, hasCa = false) =>
  certificateTrouble("https://host:4700", failed(code, "no"), { hasCa });

it.each(["SELF_SIGNED_CERT_IN_CHAIN", "DEPTH_ZERO_SELF_SIGNED_CERT", "UNABLE_TO_VERIFY_LEAF_SIGNATURE"])(
  "says of %s where to get the certificate, how to compare and how to give it",
  (code) => {
    const { code: kind, message } = of(code) ?? {};
    expect(kind).toBe("unauthorized");
    expect(message).toMatch(/^The certificate of https:\/\/host:4700 is not known here\. Received: no\./);
    for (const part of ["http://host:4700/ca/graft-ca.pem", "SHA-256", "`ca: graft-ca.pem`", "graft login"])
      expect(message).toContain(part);
  },
);

it("says that the given one does not fit, also where another one has its name", () => {
  for (const code of ["SELF_SIGNED_CERT_IN_CHAIN", "CERT_SIGNATURE_FAILURE"])
    expect(of(code, true)?.message).toContain("is not from the one given with `ca`");
});

it("speaks of clocks and names where the certificate is of another time or name", () => {
  for (const code of ["CERT_HAS_EXPIRED", "CERT_NOT_YET_VALID", "ERR_TLS_CERT_ALTNAME_INVALID"])
    expect(of(code)?.message).toMatch(/cannot be used\..*clocks.*name/);
});

it("takes no outage for it", () => {
  for (const code of ["ECONNREFUSED", "UND_ERR_SOCKET", "ERR_SSL_WRONG_VERSION_NUMBER"])
    expect(of(code)).toBeUndefined();
  expect(certificateTrouble("https://host", "text", { hasCa: false })).toBeUndefined();
});
