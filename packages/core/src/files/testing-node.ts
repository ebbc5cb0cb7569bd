import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { setTimeout } from "node:timers/promises";
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

/** A process that was killed and that nobody has waited for. */
export interface Zombie extends Disposable {
  readonly pid: number;
  /** An owner's tag that names it. */
  readonly tag: string;
}

/** On Linux: its parent, which lives until it is disposed of, became a program that waits for no child. */
export async function zombie(): Promise<Zombie> {
  const parent = spawn("sh", ["-c", "sleep 600 & echo $!; exec sleep 600"], {
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line]: unknown[] = await once(parent.stdout, "data");
  const pid = Number(String(line));
  const fieldsOf = async (): Promise<string[]> => {
    const stat = await readFile(`/proc/${pid}/stat`, "utf8");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  };
  const tag = ownerTag({ ...newOwner(), pid, started: (await fieldsOf())[19] ?? "0" });
  process.kill(pid, "SIGKILL");
  while ((await fieldsOf())[0] !== "Z") await setTimeout(5);
  return { pid, tag, [Symbol.dispose]: () => void parent.kill("SIGKILL") };
}

/** The tag of an owner on this machine that is gone. */
export const deadTag = (): string => ownerTag({ ...newOwner(), pid: 2 ** 30, started: "5" });
