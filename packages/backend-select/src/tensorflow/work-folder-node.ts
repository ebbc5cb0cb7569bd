import { mkdir, readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { CoreError } from "@graft/core";
import { makeFolder, processStart } from "@graft/core/node";
import type { EngineName } from "./engine-folder-node.ts";

/** A folder of another machine that shares HOME is left alone this long; an installation takes minutes. */
const FOREIGN_MS = 24 * 3600 * 1000;

const prefix = (name: EngineName): string => `.install-${name}@`;
const host = (): string => hostname().replaceAll("@", "");

/** .install-NAME@HOST@PID@TICKS: with its start a number names a process, since numbers are used again. */
function folderName(name: EngineName): string {
  return `${prefix(name)}${host()}@${process.pid}@${processStart(process.pid) ?? 0}`;
}

async function ownerOf(path: string, [owner, pid, ticks]: readonly string[]): Promise<string | undefined> {
  if (owner !== host()) {
    const { mtimeMs } = await stat(path);
    return Date.now() - mtimeMs < FOREIGN_MS ? `a process of ${owner}` : undefined;
  }
  return processStart(Number(pid)) === ticks ? `process ${pid}` : undefined;
}

/**
 * Makes the folder that an engine is built in, after removing what interrupted installations of it left behind.
 * @throws CoreError `conflict` when another installation of it is under way.
 */
export async function openWorkFolder(engines: string, name: EngineName): Promise<string> {
  await makeFolder(engines);
  for (const entry of await readdir(engines)) {
    if (!entry.startsWith(prefix(name))) continue;
    const path = join(engines, entry);
    const owner = await ownerOf(path, entry.slice(prefix(name).length).split("@"));
    if (owner !== undefined) {
      throw new CoreError("conflict", {
        what: `The engine ${name} is already being installed.`,
        received: `${path}, by ${owner}`,
        fix: "Wait until that ends.",
      });
    }
    await rm(path, { recursive: true, force: true });
  }
  const folder = join(engines, folderName(name));
  await mkdir(folder);
  return folder;
}
