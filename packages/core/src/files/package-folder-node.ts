import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/**
 * The folder of the package that a module belongs to, where its assets lie. Built and bundled the same code lies at other
 * depths below it, so it is looked for: the nearest one that has a package.json.
 * @param from `import.meta.dirname` of the module. @returns `from` itself where there is none.
 */
export function packageFolder(from: string): string {
  for (let folder = from; ; folder = dirname(folder)) {
    if (existsSync(join(folder, "package.json"))) return folder;
    if (folder === dirname(folder)) return from;
  }
}
