/** `npm run build`: what the package carries beside its code, made from npm packages into assets/. */
import { existsSync } from "node:fs";
import * as z from "zod";

/** Each exports one function, by whatever name, that makes its part and may return a line for the log. */
const STEPS = ["./build-weights.ts", "./build-emoji.ts"];

const build = z.custom<() => unknown>((value) => typeof value === "function");

for (const step of STEPS) {
  const url = new URL(step, import.meta.url);
  if (!existsSync(url)) continue;
  const exported = Object.entries(z.record(z.string(), z.unknown()).parse({ ...(await import(url.href)) }));
  const [, run] =
    exported.find(([name, value]) => /^(default|build)/.test(name) && typeof value === "function") ?? [];
  const line = await build.parse(run)();
  if (typeof line === "string") process.stdout.write(`${line}\n`);
}
