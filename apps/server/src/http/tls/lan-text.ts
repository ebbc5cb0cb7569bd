import { renderUnicodeCompact } from "uqr";
import { CA_STEPS } from "../pages/ca-page.ts";

export interface LanTextOptions {
  /** Addresses of this machine in its network. */
  readonly addresses: readonly string[];
  readonly names: readonly string[];
  readonly port: number;
  /** Of the CA. */
  readonly fingerprint: string;
  /** Phones have not seen it yet. */
  readonly isNew: boolean;
}

/** What a terminal shows of `lan`: where phones go, what they will show and what to tap there. */
export function lanText({ addresses, names, port, fingerprint, isNew }: LanTextOptions): string {
  const [address = names[0] ?? "localhost"] = addresses;
  const host = address.includes(":") ? `[${address}]` : address;
  const page = `http://${host}:${port}/ca`;
  const others = [...addresses.slice(1), ...names].map(
    (name) => `https://${name.includes(":") ? `[${name}]` : name}:${port}`,
  );
  return [
    renderUnicodeCompact(page, { border: 2 }),
    "",
    `Phones in this network: scan this, or open ${page}`,
    isNew
      ? "This server's certificate is new: each phone must trust it once, or it warns that the connection is not private."
      : "Phones that trusted this server before need nothing; others must trust it once.",
    ...CA_STEPS.slice(0, 2).flatMap(({ device, steps }) => [
      `${device}:`,
      ...steps.map((step, i) => `  ${i + 1}. ${step}`),
    ]),
    `Compare before you install it (SHA-256): ${fingerprint}`,
    `Then: https://${host}:${port}`,
    ...(others.length > 0 ? [`Also: ${others.join("  ")}`] : []),
  ].join("\n");
}
