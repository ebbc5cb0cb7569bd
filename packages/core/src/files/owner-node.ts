import { createHash, randomBytes } from "node:crypto";
import { readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { codeOf } from "./system-error-node.ts";

/**
 * Who owns a file, as a part of its name: where the process runs, its number, and when it started, which tells it from a
 * later process of the same number. The last part tells several owners in one process apart.
 */
export interface Owner {
  readonly scope: string;
  readonly pid: number;
  readonly started: string;
  readonly id: string;
}

/** Without a process's start time (systems other than Linux), an owner that shows no life for this long is taken for gone. */
const SILENT_MS = 10 * 60_000;

const orElse = <T>(read: () => T, otherwise: T): T => {
  try {
    return read();
  } catch {
    return otherwise;
  }
};

let scopeOfProcess: string | undefined;

/** Process numbers mean the same where these agree: one machine, one start of it, one container. */
function currentScope(): string {
  scopeOfProcess ??= readScope();
  return scopeOfProcess;
}

function readScope(): string {
  const bootId = orElse(() => readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim(), "");
  const namespace = orElse(() => readlinkSync("/proc/self/ns/pid"), "");
  return createHash("sha256").update(`${hostname()} ${bootId} ${namespace}`).digest("hex").slice(0, 12);
}

/** Of a process that is dead: it waits to be waited for, or is just going (man proc_pid_stat). */
const DEAD_STATES = ["Z", "X", "x"] as const;

/**
 * Clock ticks from the machine's start to the process's, on Linux; undefined when there is no such process, or one that
 * is dead and that its parent has not waited for.
 */
export function processStart(pid: number): string | undefined {
  const text = orElse(() => readFileSync(`/proc/${pid}/stat`, "utf8"), undefined);
  // the second field, a program's name in brackets, may hold blanks and brackets; the state is the 3rd, the start the 22nd
  const fields = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  return DEAD_STATES.some((state) => state === fields?.[0]) ? undefined : fields?.[19];
}

/** Whether a process of this machine has that number, of whatever user. */
function processExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) === "EPERM";
  }
}

/** A new owner in this process. */
export const newOwner = (): Owner => ({
  scope: currentScope(),
  pid: process.pid,
  started: processStart(process.pid) ?? "0",
  id: randomBytes(4).toString("hex"),
});

/** For a file's name: no dots. */
export const ownerTag = ({ scope, pid, started, id }: Owner): string => `${scope}-${pid}-${started}-${id}`;

/** The tag of a new owner in this process. */
export const newTag = (): string => ownerTag(newOwner());

export function parseOwnerTag(tag: string): Owner | undefined {
  const parts = /^([0-9a-f]{12})-(\d+)-(\d+)-([0-9a-f]{8})$/.exec(tag);
  if (!parts) return undefined;
  const [, scope = "", pid = "", started = "", id = ""] = parts;
  return { scope, pid: Number(pid), started, id };
}

/**
 * Whether the owner's process still runs. Of another machine or container sharing the folder nothing is known but when
 * its file last showed life, `silentMs` ago: then the caller's limit decides.
 */
export function isAlive(owner: Owner, silentMs: number, foreignLimitMs: number): boolean {
  if (owner.scope !== currentScope()) return silentMs < foreignLimitMs;
  if (owner.started !== "0") return processStart(owner.pid) === owner.started;
  return processExists(owner.pid) && silentMs < SILENT_MS;
}
