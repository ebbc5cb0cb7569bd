import { type Dirent, type PathLike, readdir } from "node:fs";

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
export const readdirWithoutLinks = new Proxy(readdir, {
  apply(target, _self, [path, options, done]: [PathLike, { withFileTypes: true }, Done]) {
    target(path, options, (error, entries) => done(error, entries?.map(asFile)));
  },
});
