/*
 * The first thing that every entry of a checkout's bundle does (packed ones lack it): code that was built since must not
 * be passed over in silence. A look at a few files' times, 0.2 ms.
 */
import { readFileSync, statSync } from "node:fs";
import { join } from "node:path";

type Stamp = Readonly<Record<string, { readonly mtimeMs: number; readonly sha256: string }>>;

function isChanged(path: string, { mtimeMs, sha256 }: Stamp[string]): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  // a bundle without what it was made of is used alone
  if (!found || found.mtimeMs === mtimeMs) return false;
  // copied, or put back from a cache: times say nothing
  const { createHash } = process.getBuiltinModule("node:crypto");
  return createHash("sha256").update(readFileSync(path)).digest("hex") !== sha256;
}

function check(bundle: string): void {
  const dist = join(bundle, "../dist");
  const text = readFileSync(join(bundle, "made-from.json"), "utf8");
  const stamp: { readonly sources: Stamp } = JSON.parse(text);
  for (const [name, made] of Object.entries(stamp.sources))
    if (isChanged(join(dist, name), made)) {
      process.stderr.write(`graft: ${dist} was built after the bundle that would run. Run: npm run build\n`);
      process.exit(1);
    }
}

// a tool that makes CommonJS of what it loads (drizzle-kit) leaves no place
const bundle: string | undefined = import.meta.dirname;
if (bundle !== undefined) check(bundle);
