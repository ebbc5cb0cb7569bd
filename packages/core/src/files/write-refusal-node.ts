import { lstatSync, type Stats, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { visibleText } from "../visible-text.ts";
import { codeOf } from "./system-error-node.ts";

/** What is there, or undefined: below a file there is nothing either. */
function lookAt(look: typeof lstatSync | typeof statSync, path: string): Stats | undefined {
  try {
    return look(path);
  } catch (error) {
    if (["ENOENT", "ENOTDIR"].includes(codeOf(error))) return undefined;
    throw error;
  }
}

/** The nearest thing at or above a path that is there: what it is decides what is in the way. */
function inTheWay(path: string): { readonly path: string; readonly kind: "file" | "link" } | undefined {
  for (let at = resolve(path); ; at = dirname(at)) {
    const there = lookAt(lstatSync, at);
    if (there?.isSymbolicLink() && lookAt(statSync, at) === undefined) return { path: at, kind: "link" };
    if (there?.isFile()) return { path: at, kind: "file" };
    if (there?.isDirectory() || at === dirname(at)) return undefined;
  }
}

function obstacle(path: string, code: string): string | undefined {
  try {
    const found = inTheWay(path);
    if (found === undefined) return undefined;
    const what =
      found.kind === "file" ? "is a file, where a folder is needed" : "is a link that leads nowhere";
    return `${visibleText(found.path)} ${what} (${code})`;
  } catch {
    return undefined;
  }
}

/**
 * Why a folder or file cannot be made or written, in a few words that tell the causes apart: read-only, full, not allowed, a
 * file in the way. The code is in brackets.
 * @param path that was to be written, as people know it.
 */
export function writeRefusal(path: string, error: unknown): string {
  const code = codeOf(error);
  const shown = visibleText(path);
  const reason = error instanceof Error ? error.message : String(error);
  switch (code) {
    case "EROFS":
      return `${shown} is read-only (${code})`;
    case "ENOSPC":
      return `the disk of ${shown} is full (${code})`;
    case "EDQUOT":
      return `your quota on the disk of ${shown} is used up (${code})`;
    case "EACCES":
    case "EPERM":
      return `this user may not write to ${shown} (${code})`;
    case "EEXIST":
    case "ENOTDIR":
    case "ENOENT":
      return obstacle(path, code) ?? `${shown} (${reason})`;
    default:
      return `${shown} (${reason})`;
  }
}
