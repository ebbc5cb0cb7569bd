import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { engineFolder, enginePaths, stampText, whyNotInstalled } from "./engine-folder-node.ts";

describe("an engine's folder", () => {
  let home: string;
  beforeEach(() => {
    home = mkdtempSync(join(tmpdir(), "graft-engine-"));
  });
  afterEach(() => rmSync(home, { recursive: true, force: true }));

  const place = (path: string, content: string): void => {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, content);
  };

  it("is usable with the stamp of this version and all that is loaded", () => {
    const folder = engineFolder(home, "tensorflow");
    const { stamp, kernels, kernelBackend, addon } = enginePaths(folder, "tensorflow");
    expect(whyNotInstalled(folder, "tensorflow")).toContain(`no ${folder}`);
    place(kernels, "");
    expect(whyNotInstalled(folder, "tensorflow")).toContain("engine.json cannot be read");
    place(stamp, stampText("tensorflow-cuda"));
    expect(whyNotInstalled(folder, "tensorflow")).toContain("another version");
    place(stamp, stampText("tensorflow"));
    expect(whyNotInstalled(folder, "tensorflow")).toContain("nodejs_kernel_backend.js is missing");
    place(kernelBackend, "");
    expect(whyNotInstalled(folder, "tensorflow")).toContain("tfjs_binding.node is missing");
    place(addon, "");
    expect(whyNotInstalled(folder, "tensorflow")).toBeUndefined();
  });
});
