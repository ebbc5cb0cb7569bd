import { X509Certificate } from "node:crypto";
import { send } from "../edge/answer.ts";
import type { Exchange } from "../edge/exchange.ts";
import { escaped, type Page, sendPage } from "./page.ts";

/** What to tap on which phone, and what it will show meanwhile. */
export const CA_STEPS = [
  {
    device: "iPhone, iPad",
    steps: [
      "Open this page in Safari and tap the file; it says that a profile was downloaded.",
      "Settings, Profile Downloaded, Install. It shows “Not Verified”: that is so for every certificate of one's own.",
      "Settings, General, About, Certificate Trust Settings: switch on the one called graft.",
    ],
  },
  {
    device: "Android",
    steps: [
      "Tap the file; if nothing happens: Settings, Security, Encryption & credentials, Install a certificate, CA certificate.",
      "It warns that your data won't be private. This certificate is for this one server: tap Install anyway, and choose the file.",
    ],
  },
  {
    device: "Chromebook, Windows, Mac, Linux",
    steps: [
      "Chrome, Edge: Settings, Privacy and security, Security, Manage certificates, Authorities (or Trusted Root), Import.",
      "Firefox: Settings, Privacy & Security, View Certificates, Authorities, Import; tick “identify websites”.",
      "Mac: open the file, then set it to Always Trust in Keychain Access.",
    ],
  },
] as const;

/** Pages by path. @param ca PEM; undefined: there is no CA of ours. */
export function caRoutes(ca: string | undefined): ReadonlyMap<string, (exchange: Exchange) => void> {
  if (ca === undefined) return new Map();
  return new Map([
    ["/ca", (exchange) => sendPage(exchange, caPage(exchange, ca))],
    ["/ca/graft-ca.pem", (exchange) => sendCertificate(exchange, ca)],
  ]);
}

function sendCertificate(exchange: Exchange, ca: string): void {
  const headers = [
    // phones know by this type what it is, and offer to install it
    ...["content-type", "application/x-x509-ca-cert", "cache-control", "no-store"],
    ...["content-disposition", 'attachment; filename="graft-ca.pem"'],
  ];
  send(exchange, { status: 200, headers, body: ca });
}

function caPage(exchange: Exchange, ca: string): Page {
  const { fingerprint256, validTo } = new X509Certificate(ca);
  const host = exchange.request.headers.host ?? "";
  const devices = CA_STEPS.map(
    ({ device, steps }) =>
      `<section><h2>${device}</h2><ol>${steps.map((step) => `<li>${escaped(step)}</li>`).join("")}</ol></section>`,
  ).join("\n");
  return {
    title: "Trust this server",
    body: `<h1>Trust this server, once</h1>
<p>This server made its certificate itself, so a phone does not know it and warns. Install the file below and the warning is gone; the camera then works, too. It is good for this one computer and for nothing else on the internet, until ${escaped(validTo)}.</p>
<p><a href="/ca/graft-ca.pem" download>graft-ca.pem</a></p>
<section><h2>Is it the right one?</h2><p>Compare with what the terminal shows where the server was started (SHA-256):</p><pre class="wrap"><code>${escaped(fingerprint256)}</code></pre></section>
${devices}
<p>Then open <a href="https://${escaped(host)}/">https://${escaped(host)}</a>.</p>`,
  };
}
