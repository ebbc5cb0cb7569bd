import { closeSync, openSync } from "node:fs";
import { createImagePool } from "@graft/core/node";

// A process that may open no file any more asks for an image, lets go of some and asks again; with --started its thread
// runs already.
const [path = "", started] = process.argv.slice(2);
const pool = createImagePool({ threads: 1 });
const ask = (): Promise<string> =>
  pool.inspect(path).then(
    ({ facts }) => facts.format,
    (error: unknown) => (error instanceof Error && "code" in error ? `${error.code}: ${error.message}` : "?"),
  );
if (started) await ask();
const held: number[] = [];
try {
  for (;;) held.push(openSync(path, "r"));
} catch {
  // EMFILE
}
const refused = await ask();
for (const file of held) closeSync(file);
console.log(JSON.stringify([refused, await ask()]));
await pool.close();
