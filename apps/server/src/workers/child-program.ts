import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";

/** How to start a child that runs a file of this package. */
export interface ChildProgram {
  readonly path: string;
  /** Options of Node. */
  readonly execArgv: readonly string[];
}

/**
 * @param name of a file beside `from`, without its ending.
 * @param from `import.meta.url` of who starts it: built or, in tests and development, as it was written.
 */
export function childProgram(name: string, from: string): ChildProgram {
  const isSource = from.endsWith(".ts");
  const path = fileURLToPath(new URL(`./${name}${isSource ? ".ts" : ".js"}`, from));
  if (!isSource) return { path, execArgv: [] };
  const loader = pathToFileURL(createRequire(import.meta.url).resolve("tsx")).href;
  return { path, execArgv: ["--conditions=graft-source", "--import", loader] };
}
