import { existsSync, realpathSync } from "node:fs";
import { chmod, cp, mkdir, readdir, readFile } from "node:fs/promises";
import { basename, dirname, join, relative } from "node:path";
import * as z from "zod";
import { PROGRAM } from "./setup/build-graft.ts";

/*
 * Root reads and writes everywhere, so what is told to users who may not is tested as another user. He need not be able to
 * enter the folder that this clone lies in (root's home is closed to him): a program that he runs is brought to where he can
 * get at it, and what runs in the test's own process is loaded before.
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

/** Makes folders that he may enter and read; what this process makes in them from now on he may read, too. */
export async function openToAll(...folders: readonly string[]): Promise<void> {
  process.umask(0o022);
  for (const folder of folders) {
    await mkdir(folder, { recursive: true });
    await chmod(folder, 0o755);
  }
}

/** Engines are large, and no command loads them that is refused before it works. */
const ENGINES = /^(@tensorflow\/|webgpu$)/;
/** Of a package: what is not loaded then, ONNX Runtime's machine code (in bin) among it. */
const LEFT_OUT = new Set(["node_modules", "assets", "src", "scripts", "bin"]);

const packageSchema = z.object({
  dependencies: z.record(z.string(), z.string()).default({}),
  optionalDependencies: z.record(z.string(), z.string()).default({}),
});

/** Where a package that another one depends on lies; undefined for one of another system. */
function folderOf(name: string, from: string): string | undefined {
  for (let above = from; ; above = dirname(above)) {
    const folder = join(above, "node_modules", name);
    if (existsSync(folder)) return realpathSync(folder);
    if (above === dirname(above)) return undefined;
  }
}

/** Copies a package and those that it depends on, side by side, as anybody may read them. */
async function bring(name: string, from: string, modules: string): Promise<void> {
  const to = join(modules, name);
  if (ENGINES.test(name) || existsSync(to)) return;
  const source = folderOf(name, from);
  if (source === undefined) return;
  const filter = (path: string): boolean => !LEFT_OUT.has(relative(source, path));
  await cp(source, to, { recursive: true, dereference: true, filter });
  for (const entry of await readdir(to, { recursive: true, withFileTypes: true }))
    await chmod(join(entry.parentPath, entry.name), entry.isDirectory() ? 0o755 : 0o644);
  const facts = packageSchema.parse(JSON.parse(await readFile(join(source, "package.json"), "utf8")));
  const names = Object.keys({ ...facts.dependencies, ...facts.optionalDependencies });
  for (const each of names) await bring(each, source, modules);
}

/**
 * The command line in a folder that every user may enter, without its engines.
 * @param folder a temporary one. @returns the program.
 */
export async function programForAll(folder: string): Promise<string> {
  await openToAll(folder, join(folder, "node_modules"));
  await bring("@graft/cli", import.meta.dirname, join(folder, "node_modules"));
  return join(folder, "node_modules", "@graft", "cli", "bundle", basename(PROGRAM));
}
