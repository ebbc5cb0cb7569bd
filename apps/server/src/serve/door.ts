/** How a server is reached: on which address, with which certificate, under which names. */
import { readFile } from "node:fs/promises";
import { isIP } from "node:net";
import { hostname } from "node:os";
import { join } from "node:path";
import { createSecureContext } from "node:tls";
import { CoreError } from "@graft/core";
import { isLoopback } from "../http/edge/exchange.ts";
import type { TlsPair } from "../http/http-host.ts";
import type { HostNames } from "../http/tls/certificate.ts";
import { type LanCertificate, lanCertificate } from "../http/tls/lan-certificate.ts";
import { LOCAL, machineNames } from "../http/tls/machine-names.ts";
import type { ServerOptions } from "./server-options.ts";

type DoorFlags = Pick<ServerOptions, "bind" | "hostName" | "tlsCert" | "tlsKey" | "lan" | "insecure">;
type DoorOptions = DoorFlags & Pick<ServerOptions, "home">;

export interface Door {
  readonly bind: string;
  readonly tls: TlsPair | undefined;
  /** Of `lan`. */
  readonly lan: LanCertificate | undefined;
  /** Names and addresses that it answers to. */
  readonly names: readonly string[];
  /** Of this machine in its network; none where only this machine can reach it. */
  readonly outside: HostNames;
  /** What its owner should know, a sentence each. */
  readonly warnings: readonly string[];
}

const NOWHERE: HostNames = { names: [], addresses: [] };

/** Every address of the machine. */
const isAll = (bind: string): boolean => ["0.0.0.0", "::"].includes(bind);

const isThisMachine = (bind: string): boolean => bind === "localhost" || isLoopback(bind);

const INSECURE =
  "Without encryption everybody in the network can read tokens and pictures, and browsers on other machines give no camera, no hashing and no shared memory to its pages. Use `lan` or a certificate where you can.";

/**
 * @throws CoreError `bad-input` for what does not go together, for a certificate that cannot be used, and for an address that
 *   other machines reach without encryption.
 */
export async function openDoor(options: DoorOptions): Promise<Door> {
  const { home, tlsCert, tlsKey, lan = false, insecure = false, hostName = [] } = options;
  checkDoor(options);
  const bind = boundTo(options);
  const outside = isThisMachine(bind) ? NOWHERE : outsideOf(bind);
  const certificate = lan ? await certificateOf(home, outside) : undefined;
  return {
    ...{ bind, outside, lan: certificate },
    tls: certificate?.tls ?? (await filesOf(tlsCert, tlsKey)),
    names: [
      ...new Set([
        ...LOCAL.names,
        ...LOCAL.addresses,
        ...outside.names,
        ...outside.addresses,
        ...named(bind),
        ...hostName,
      ]),
    ].map((name) => name.toLowerCase()),
    warnings: insecure && !isThisMachine(bind) ? [INSECURE] : [],
  };
}

const boundTo = ({ bind, lan = false }: DoorFlags): string => bind ?? (lan ? "0.0.0.0" : "127.0.0.1");

const named = (bind: string): readonly string[] => (isAll(bind) ? [] : [bind]);

/** Of an address that is bound, it alone; of all, those that the machine has. */
function outsideOf(bind: string): HostNames {
  const { names, addresses } = machineNames();
  if (isAll(bind)) return { names, addresses };
  return isIP(bind) ? { names, addresses: [bind] } : { names: [...new Set([bind, ...names])], addresses };
}

function certificateOf(home: string, { names, addresses }: HostNames): Promise<LanCertificate> {
  return lanCertificate({
    folder: join(home, "server", "lan"),
    machine: hostname(),
    hosts: { names: [...LOCAL.names, ...names], addresses: [...LOCAL.addresses, ...addresses] },
    now: Date.now(),
  });
}

/**
 * The door with the certificate for the names and addresses that the machine has by now, or with that of files that were
 * written anew. @returns undefined where nothing changed
 */
export async function renewed(door: Door, { home, tlsCert, tlsKey }: DoorOptions): Promise<Door | undefined> {
  if (door.lan === undefined) {
    const tls = await filesOf(tlsCert, tlsKey);
    return tls === undefined || tls.cert === door.tls?.cert ? undefined : { ...door, tls };
  }
  const outside = outsideOf(door.bind);
  const lan = await certificateOf(home, outside);
  if (lan.tls.cert === door.lan.tls.cert) return undefined;
  const names = [...new Set([...door.names, ...outside.names, ...outside.addresses])];
  return { ...door, lan, tls: lan.tls, outside, names };
}

/** The server's address for who sits at this machine. */
export function doorUrl({ bind, tls }: Door, { hostName: [name] = [] }: DoorOptions, port: number): string {
  const host = name ?? (isAll(bind) || isThisMachine(bind) ? "127.0.0.1" : bind);
  return `${tls ? "https" : "http"}://${host.includes(":") ? `[${host}]` : host}:${port}`;
}

/**
 * @throws CoreError `bad-input` for what does not go together, and for an address that other machines reach without encryption;
 *   nothing is looked at.
 */
export function checkDoor(options: DoorFlags): void {
  const { tlsCert, tlsKey, lan = false, insecure = false } = options;
  const together = (what: string, fix: string): CoreError => new CoreError("bad-input", { what, fix });
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw together("A certificate and its key belong together.", "Give both `tlsCert` and `tlsKey`.");
  if (lan && tlsCert !== undefined)
    throw together("`lan` makes a certificate of its own.", "Leave out `lan`, or `tlsCert` and `tlsKey`.");
  if (insecure && (lan || tlsCert !== undefined))
    throw together("`insecure` means: without a certificate.", "Leave it out.");
  const bind = boundTo(options);
  if (!isThisMachine(bind) && !lan && tlsCert === undefined && !insecure)
    throw new CoreError("bad-input", {
      what: "Other machines would reach this address without encryption.",
      received: bind,
      fix: "Use `lan`, or a certificate with `tlsCert` and `tlsKey`; `insecure` does without, if you must.",
    });
}

async function filesOf(
  certPath: string | undefined,
  keyPath: string | undefined,
): Promise<TlsPair | undefined> {
  if (certPath === undefined || keyPath === undefined) return undefined;
  // one after the other: of two that are missing the same one is told each time
  const pair = { cert: await readText(certPath), key: await readText(keyPath) };
  try {
    createSecureContext(pair);
  } catch (cause) {
    throw new CoreError(
      "bad-input",
      {
        what: "The certificate and the key cannot be used together.",
        received: cause instanceof Error ? cause.message : String(cause),
        expected: "a certificate with its chain, and its own key, both PEM",
      },
      { cause },
    );
  }
  return pair;
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (cause) {
    const received = cause instanceof Error ? cause.message : path;
    throw new CoreError("bad-input", { what: `${path} cannot be read.`, received }, { cause });
  }
}
