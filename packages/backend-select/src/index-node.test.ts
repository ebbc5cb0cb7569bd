import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, describe, expect, it } from "vitest";

const home = mkdtempSync(join(tmpdir(), "graft-imports-"));
afterAll(() => rmSync(home, { recursive: true }));

/** The engines that a process has loaded when it did this, as its own report and tfjs's global tell. */
async function enginesAfter(work: string): Promise<string[]> {
  const script = `
    const graft = await import(${JSON.stringify(new URL("./index-node.ts", import.meta.url).href)});
    const options = { home: ${JSON.stringify(home)}, env: {} };
    ${work}
    const libraries = process.report.getReport().sharedObjects.join(" ");
    const found = ["onnxruntime", "dawn"].filter((name) => libraries.includes(name));
    console.log(JSON.stringify([...found, ...("_tfengine" in globalThis ? ["tfjs"] : [])]));
    process.exit(0);`;
  const words = ["--conditions=graft-source", "--import", "tsx", "--input-type=module", "-e", script];
  const { stdout } = await promisify(execFile)(process.execPath, words, { cwd: import.meta.dirname });
  const found: unknown = JSON.parse(stdout);
  return Array.isArray(found) ? found : [];
}

describe("the package", () => {
  it("loads no engine when it is imported", async () => {
    expect(await enginesAfter("")).toEqual([]);
  });

  it("loads one engine alone when that one is used", async () => {
    expect(await enginesAfter(`await graft.selectBackend({ ...options, backend: "onnx:cpu" });`)).toEqual([
      "onnxruntime",
    ]);
    expect(await enginesAfter(`await graft.selectBackend({ ...options, backend: "wasm" });`)).toEqual([
      "tfjs",
    ]);
  });

  it.runIf(process.platform === "linux")("loads no engine for what is refused", async () => {
    // with these Vulkan's loader finds no driver, whatever the machine has
    const env = `{ VK_ICD_FILENAMES: "/no.json", VK_DRIVER_FILES: "/no.json" }`;
    expect(
      await enginesAfter(
        `await graft.selectBackend({ ...options, backend: "tfjs:webgpu", env: ${env} }).then(
          () => Promise.reject(new Error("it was opened")),
          () => undefined,
        );`,
      ),
    ).toEqual([]);
  });
});
