import { describe, expect, it } from "vitest";
import { adapterFacts } from "./webgpu-adapter-node.ts";

describe("an adapter's facts", () => {
  it.each([
    [{ vendor: "google", architecture: "swiftshader", device: "SwiftShader Device (Subzero)" }, true],
    [{ vendor: "mesa", description: "llvmpipe (LLVM 15.0.6, 256 bits)" }, true],
    [{ vendor: "microsoft", device: "Microsoft Basic Render Driver" }, true],
    [{ vendor: "anyone", isFallbackAdapter: true }, true],
    [{ vendor: "nvidia", architecture: "ampere", device: "NVIDIA A10" }, false],
    [{ vendor: "apple", architecture: "metal-3" }, false],
    [{ vendor: "amd", device: "Radeon Pro WX 7100", isFallbackAdapter: false }, false],
    [{}, false],
  ])("%j: software %s", (info, software) => {
    expect(adapterFacts(info).software).toBe(software);
  });

  it("name it for people, whatever the driver tells", () => {
    const info = { vendor: "nvidia", architecture: "ampere", device: "NVIDIA A10", description: "535.104" };
    expect(adapterFacts(info).name).toBe("nvidia ampere, NVIDIA A10, 535.104");
    expect(adapterFacts({ device: "Radeon" }).name).toBe("Radeon");
    expect(adapterFacts({}).name).toBe("an unnamed GPU");
  });
});
