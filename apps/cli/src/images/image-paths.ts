import { type Dirent, type PathLike, readdir } from "node:fs";
import { stat } from "node:fs/promises";
import { isAbsolute, join } from "node:path";
import { CoreError, type SkippedFile, visibleText } from "@graft/core";
import { findImages } from "@graft/core/node";
import { glob, isDynamicPattern } from "tinyglobby";

/** A file to look at, or one in a folder that cannot be used and why. */
export type NamedImage = { readonly path: string } | { readonly path: string; readonly error: CoreError };

/** What words on the command line stand for. */
export interface NamedImages {
  readonly images: readonly NamedImage[];
  /** What was passed over in folders. */
  readonly skipped: readonly SkippedFile[];
}

/**
 * Files as they are, the images in folders at any depth (see `findImages`), and what patterns match, in the order given,
 * sorted within each, each path once (shells on Windows expand no patterns, and quoted ones reach us everywhere).
 * @throws CoreError `not-found` for a path or pattern that gives nothing, `bad-input` for one that cannot be read.
 */
export async function imagePaths(words: readonly string[], signal?: AbortSignal): Promise<NamedImages> {
  const found = new Map<string, NamedImage>();
  const skipped: SkippedFile[] = [];
  for (const word of words) {
    const expanded = await expand(word, signal);
    for (const image of expanded.images) if (!found.has(image.path)) found.set(image.path, image);
    skipped.push(...expanded.skipped);
  }
  return { images: [...found.values()], skipped };
}

async function expand(word: string, signal: AbortSignal | undefined): Promise<NamedImages> {
  const facts = await stat(word).catch((error: NodeJS.ErrnoException) => error);
  if (!(facts instanceof Error)) {
    if (facts.isDirectory()) return someImagesIn(word, signal);
    if (facts.isFile()) return { images: [{ path: word }], skipped: [] };
    throw notFound("Neither a file nor a folder.", word);
  }
  if (isDynamicPattern(word)) {
    const matched = await matches(word, signal);
    if (matched.images.length > 0) return matched;
  }
  const isAbsent = ["ENOENT", "ENOTDIR"].includes(facts.code ?? "");
  throw notFound(isAbsent ? "No such image." : `It cannot be read (${facts.code}).`, word);
}

async function someImagesIn(folder: string, signal: AbortSignal | undefined): Promise<NamedImages> {
  const found = await imagesIn(folder, signal);
  if (found.images.length > 0) return found;
  const [first] = found.skipped;
  const example =
    first && `${found.skipped.length} passed over, such as ${visibleText(first.path)}: ${first.reason}`;
  throw notFound(`No image in that folder${example ? ` (${example})` : ""}.`, folder);
}

async function imagesIn(folder: string, signal: AbortSignal | undefined): Promise<NamedImages> {
  const { images, broken, skipped } = await findImages(folder, signal);
  const named: NamedImage[] = [
    ...images.map(({ path }) => ({ path: join(folder, path) })),
    ...broken.map(({ path, reason }) => ({
      path: join(folder, path),
      error: new CoreError("bad-input", { what: reason }),
    })),
  ];
  return {
    images: named.sort((a, b) => (a.path < b.path ? -1 : 1)),
    skipped: skipped.map(({ path, reason }) => ({ path: join(folder, path), reason })),
  };
}

function notFound(what: string, word: string): CoreError {
  return new CoreError("not-found", {
    what,
    received: visibleText(word),
    expected: "an image file, a folder of images, or a pattern such as 'photos/*.jpg'",
  });
}

type Done = (error: NodeJS.ErrnoException | null, entries?: Dirent[]) => void;

function asFile(entry: Dirent): Dirent {
  if (!entry.isSymbolicLink()) return entry;
  const seen: Dirent = Object.create(entry, {
    isSymbolicLink: { value: () => false },
    isFile: { value: () => true },
  });
  return seen;
}

/** `fs.readdir` for a glob: a link looks like a file, so that it matches by its name and is never entered. */
const readdirWithoutLinks = new Proxy(readdir, {
  apply(target, _self, [path, options, done]: [PathLike, { withFileTypes: true }, Done]) {
    target(path, options, (error, entries) => done(error, entries?.map(asFile)));
  },
});

/**
 * As shells do: a link is entered where a part of the pattern matches it, never by `**`, which would follow it out of the
 * folder or in circles; a folder that matches stands for its images, a pipe or a device for nothing.
 */
async function matches(pattern: string, signal: AbortSignal | undefined): Promise<NamedImages> {
  const isDeep = pattern.includes("**");
  const found = await glob(pattern.replaceAll("\\", "/"), {
    caseSensitiveMatch: false,
    dot: false,
    absolute: isAbsolute(pattern),
    onlyFiles: isDeep,
    expandDirectories: false,
    followSymbolicLinks: !isDeep,
    ...(isDeep ? { fs: { readdir: readdirWithoutLinks } } : {}),
  });
  const images: NamedImage[] = [];
  const skipped: SkippedFile[] = [];
  for (const path of found.sort()) {
    const facts = await stat(path).catch(() => undefined);
    if (facts?.isFile()) images.push({ path });
    if (isDeep || !facts?.isDirectory()) continue;
    const inside = await imagesIn(path, signal);
    images.push(...inside.images);
    skipped.push(...inside.skipped);
  }
  return { images, skipped };
}
