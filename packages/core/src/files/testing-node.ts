import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { newOwner, ownerTag } from "./owner-node.ts";

/** A live process of another number. @returns it and an owner's tag that names it. */
export async function otherProcess(): Promise<{ child: ChildProcess; tag: string }> {
  const child = spawn(process.execPath, ["-e", "setTimeout(() => {}, 60_000)"]);
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  const started = stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19] ?? "0";
  return { child, tag: ownerTag({ ...newOwner(), pid, started }) };
}

/** The tag of an owner on this machine that is gone. */
export const deadTag = (): string => ownerTag({ ...newOwner(), pid: 2 ** 30, started: "5" });
