/**
 * Turns src/image/resize-kernel.wat into the committed src/image/generated/resize-kernel-wasm.ts. No default step runs
 * it; after a change of the .wat, with npm's wabt 1.0.39 in a folder of its own:
 * `npm install --prefix /tmp/wabt wabt@1.0.39 && node --import tsx packages/core/scripts/build-resize.ts /tmp/wabt`.
 */
import { readFile, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import * as z from "zod";

interface WabtModule {
  validate(): void;
  toBinary(options: object): { readonly buffer: Uint8Array };
}
interface Wabt {
  parseWat(name: string, text: string, features: object): WabtModule;
}
const loadWabt = z.custom<() => Promise<Wabt>>((value) => typeof value === "function");

const IMAGE = resolve(import.meta.dirname, "../src/image");
const [, , folder] = process.argv;
if (folder === undefined) throw new Error("Name the folder in which wabt is installed.");

const wabt = await loadWabt.parse(createRequire(join(resolve(folder), "package.json"))("wabt"))();
const source = await readFile(join(IMAGE, "resize-kernel.wat"), "utf8");
const kernel = wabt.parseWat("resize-kernel.wat", source, { simd: true });
kernel.validate();
const base64 = Buffer.from(kernel.toBinary({}).buffer).toString("base64");
const text = `// Made by scripts/build-resize.ts from resize-kernel.wat.

/** WebAssembly, base64. */
export const RESIZE_KERNEL =
${(base64.match(/.{1,100}/g) ?? []).map((line) => `  "${line}"`).join(" +\n")};
`;
await writeFile(join(IMAGE, "generated/resize-kernel-wasm.ts"), text);
