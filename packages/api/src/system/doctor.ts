import { CoreError, serializeError } from "@graft/core";
import type { BlobKeeper } from "../blobs/blob-keeper.ts";
import { type Caller, ownerOf } from "../identity/identity.ts";
import { newId } from "../ports/clock.ts";
import type { EngineHealth, HostFacts } from "../ports/host-health.ts";
import type { Ports } from "../ports/ports.ts";
import type { QueueService, WorkerView } from "../queue/queue-service.ts";

export const CHECKS = ["store", "blobs", "queue", "disk", "workers", "engines"] as const;

/** What was looked at, and what came of it. */
export interface Check {
  readonly what: (typeof CHECKS)[number];
  readonly isOk: boolean;
  /** One sentence. */
  readonly said: string;
  /** What to do; null where nothing is to be done. */
  readonly fix: string | null;
}

/** What a server can do. */
export interface Diagnosis {
  readonly version: string;
  /** Nothing is amiss. */
  readonly isOk: boolean;
  readonly checks: readonly Check[];
  /** Empty in a page. */
  readonly engines: readonly EngineHealth[];
  readonly workers: readonly WorkerView[];
  /** Null for who is no admin, and in a page. */
  readonly host: HostFacts | null;
}

type DoctorPorts = Pick<Ports, "repository" | "blobs" | "jobs" | "clock" | "version" | "host">;

interface Found {
  readonly said: string;
  /** Undefined: it is well. */
  readonly fix?: string;
}

/** Less than a download of weights, its features and a model need. */
const LITTLE_DISK_BYTES = 2e9;
const LEASE_MS = 10_000;

const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;

/** Tries what a server stands on. An admin sees all; others see whether each part is well, and no path of the server's. */
export class Doctor {
  readonly #ports: DoctorPorts;
  readonly #keeper: Pick<BlobKeeper, "keep">;
  readonly #queue: Pick<QueueService, "workers">;

  constructor(
    ports: DoctorPorts,
    {
      keeper,
      queue,
    }: { readonly keeper: Pick<BlobKeeper, "keep">; readonly queue: Pick<QueueService, "workers"> },
  ) {
    this.#ports = ports;
    this.#keeper = keeper;
    this.#queue = queue;
  }

  async examine(caller: Caller): Promise<Diagnosis> {
    const { version, host } = this.#ports;
    const isAdmin = ownerOf(caller.identity) === undefined;
    const facts = await host?.facts();
    let engines: readonly EngineHealth[] = [];
    let workers: readonly WorkerView[] = [];
    const tried: readonly (readonly [Check["what"], () => Promise<Found>])[] = [
      ["store", () => this.#store()],
      ["blobs", () => this.#blobs()],
      ["queue", () => this.#line()],
      ...(facts ? ([["disk", async () => disk(facts)]] as const) : []),
      [
        "workers",
        async () => {
          workers = await this.#queue.workers(caller);
          return working(workers);
        },
      ],
      ...(host
        ? ([
            [
              "engines",
              async () => {
                engines = await host.engines();
                return computing(engines);
              },
            ],
          ] as const)
        : []),
    ];
    const checks: Check[] = [];
    for (const [what, look] of tried) checks.push(await checked(what, look, isAdmin));
    return {
      ...{ version, checks, workers, isOk: checks.every(({ isOk }) => isOk) },
      engines: isAdmin ? engines : engines.filter(({ isUsable }) => isUsable),
      host: isAdmin && facts ? facts : null,
    };
  }

  /** Something is written, read and taken away again. */
  async #store(): Promise<Found> {
    const { leases } = this.#ports.repository;
    const [name, holder, now] = [`doctor/${newId()}`, newId(), this.#ports.clock()];
    const has = await leases.acquire(name, { holder, now, until: now + LEASE_MS });
    const read = await leases.holder(name, now);
    await leases.release(name, holder);
    if (has === holder && read === holder) return { said: "Rows are written and read back." };
    return { said: "A row that was just written is not there.", fix: "Look at the server's log." };
  }

  async #blobs(): Promise<Found> {
    const bytes = new TextEncoder().encode(`graft doctor ${newId()}`);
    await using kept = await this.#keeper.keep(bytes);
    const read = await this.#ports.blobs.read(kept.hash);
    const isSame = read.length === bytes.length && read.every((byte, at) => byte === bytes[at]);
    if (isSame) return { said: "Files are written and read back." };
    return {
      said: "A file that was just written comes back different.",
      fix: "Look at the disk they lie on.",
    };
  }

  async #line(): Promise<Found> {
    const jobs = await this.#ports.jobs.list();
    const waiting = jobs.filter(({ state }) => state === "waiting").length;
    return { said: `${jobs.length - waiting} jobs are worked on, ${waiting} wait.` };
  }
}

async function checked(what: Check["what"], look: () => Promise<Found>, isAdmin: boolean): Promise<Check> {
  try {
    const { said, fix = null } = await look();
    return { what, isOk: fix === null, said, fix };
  } catch (error) {
    if (!isAdmin)
      return { what, isOk: false, said: "This does not work now.", fix: "Tell who runs the server." };
    const { message, parts } = serializeError(error);
    return {
      ...{ what, isOk: false, said: error instanceof CoreError ? (parts?.what ?? message) : message },
      fix: parts?.fix ?? "Look at the server's log.",
    };
  }
}

function disk({ freeDiskBytes }: HostFacts): Found {
  if (freeDiskBytes === null)
    return { said: "The server's home cannot be written.", fix: "Give its user the right to write there." };
  const said = `${gigabytes(freeDiskBytes)} are free.`;
  return freeDiskBytes < LITTLE_DISK_BYTES
    ? { said, fix: "Free some space on the server's disk." }
    : { said };
}

function working(workers: readonly WorkerView[]): Found {
  const others = workers.filter(({ state }) => state === "other-version");
  const living = workers.filter(({ state }) => state !== "quiet" && state !== "other-version");
  const names = [...new Set(living.flatMap(({ backends }) => backends))].join(", ");
  if (living.length === 0)
    return {
      said: ["Nobody trains: what is asked for waits.", ...others.map(sentAway)].join(" "),
      fix: "Start the server with `graft serve --workers 1` or more, or start `graft worker` on another machine.",
    };
  if (living.every(({ state }) => state === "starting"))
    return { said: `${living.length} start, and look at what their machines have.` };
  const said = `${living.length} train, ${living.filter(({ state }) => state === "working").length} of them now`;
  return names === ""
    ? { said: `${said}.`, fix: "None of them has an engine: `graft doctor` on their machines says why." }
    : { said: `${said}, with ${names}.` };
}

const sentAway = ({ name, version }: WorkerView): string =>
  `${name} was sent away, as its graft ${version} is not of this server's version.`;

function computing(engines: readonly EngineHealth[]): Found {
  const chosen = engines.find(({ isUsable, isAutomatic }) => isUsable && isAutomatic);
  if (chosen) return { said: `The server's own machine computes with ${chosen.id}.` };
  return { said: "No engine can be used on the server's own machine.", fix: "Install graft anew there." };
}
