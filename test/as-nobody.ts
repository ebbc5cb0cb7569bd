import { chmod, mkdir, readdir } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROGRAM } from "./setup/build-graft.ts";

/*
 * Root reads and writes everywhere, so what is told to users who may not is tested as another user. He need not be able to
 * enter the folder that this clone lies in (root's home is closed to him): all that he runs is loaded before he comes.
 */

/** A user who owns nothing and may do nothing that is not allowed to all. */
export const NOBODY = 65534;

/** As a user who is not root, who reads everything; root's own right is given back after it. */
export async function asNobody<T>(work: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return work();
  process.seteuid?.(NOBODY);
  try {
    return await work();
  } finally {
    process.seteuid?.(0);
  }
}

/** Makes folders that he may enter and read. */
export async function openTo(...folders: readonly string[]): Promise<void> {
  for (const folder of folders) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
  }
}

async function modulesIn(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(".js") && !name.endsWith(".test.js"));
  return names.map((name) => join(folder, name)).filter((path) => path !== PROGRAM);
}

/**
 * Node's options for the command line as that user: from the moment when it reads its words, everything that a command
 * loads to refuse a place being there by then. None where the tests are not root.
 */
export async function nobodysFlags(): Promise<readonly string[]> {
  if (process.getuid?.() !== 0) return [];
  const folder = dirname(PROGRAM);
  const modules = [...(await modulesIn(folder)), ...(await modulesIn(join(folder, "commands")))];
  const urls = modules.map((path) => pathToFileURL(path).href);
  const commander = pathToFileURL(createRequire(PROGRAM).resolve("commander")).href;
  const code = `
    import commander from ${JSON.stringify(commander)};
    await Promise.all(${JSON.stringify(urls)}.map((url) => import(url)));
    const { prototype } = commander.Command;
    const { parseAsync } = prototype;
    prototype.parseAsync = function (...words) {
      process.setuid(${NOBODY});
      return parseAsync.apply(this, words);
    };`;
  return ["--import", `data:text/javascript,${encodeURIComponent(code)}`];
}
