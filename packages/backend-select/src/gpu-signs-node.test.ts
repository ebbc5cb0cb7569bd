import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { nvidiaName, whyNoGpu, whyNoNvidia } from "./gpu-signs-node.ts";

const root = mkdtempSync(join(tmpdir(), "graft-devices-"));
afterAll(() => rmSync(root, { recursive: true }));

/** A folder like /dev with these entries. */
function devices(...names: readonly string[]): string {
  const folder = mkdtempSync(join(root, "dev-"));
  for (const name of names) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), "");
  }
  return folder;
}

describe.runIf(process.platform === "linux")("the kernel's devices", () => {
  it.each([
    [["dri/renderD128", "dri/card0"], true, false],
    [["nvidia0", "nvidiactl"], true, true],
    [["dxg"], true, true],
    [["kgsl-3d0"], true, false],
    [["nvidia-caps", "dri/card0", "null"], false, false],
    [[], false, false],
  ])("%j: may hold a GPU %s, NVIDIA's %s", (names, gpu, nvidia) => {
    const folder = devices(...names);
    expect(whyNoGpu(folder) === undefined).toBe(gpu);
    expect(whyNoNvidia(folder) === undefined).toBe(nvidia);
  });

  it("are named in the reason, and a folder that is absent has none", () => {
    expect(whyNoGpu("/nowhere")).toMatch("/nowhere/dri/renderD*");
    expect(whyNoNvidia("/nowhere")).toMatch("/nowhere/nvidia*");
  });
});

it("an NVIDIA GPU has a name even where its driver tells none", () => {
  expect(nvidiaName(99)).toBe("NVIDIA GPU 99");
});
