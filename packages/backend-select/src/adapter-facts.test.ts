import { describe, expect, it } from "vitest";
import { adapterFacts } from "./adapter-facts.ts";

const LIMITS = { maxBufferSize: 2 ** 28, maxStorageBufferBindingSize: 2 ** 27 };

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
    expect(adapterFacts(info, LIMITS).software).toBe(software);
  });

  it("name it for people, whatever the driver tells", () => {
    const info = { vendor: "nvidia", architecture: "ampere", device: "NVIDIA A10", description: "535.104" };
    expect(adapterFacts(info, LIMITS).name).toBe("nvidia ampere, NVIDIA A10, 535.104");
    expect(adapterFacts({ device: "Radeon" }, LIMITS).name).toBe("Radeon");
    expect(adapterFacts({}, LIMITS).name).toBe("an unnamed GPU");
  });

  it("let a tensor be as large as a buffer and a binding both can be", () => {
    expect(adapterFacts({}, LIMITS).maxTensorBytes).toBe(2 ** 27);
  });
});
