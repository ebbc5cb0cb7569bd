import { GraphBuilder } from "@graft/core";
import { describe, expect, it } from "vitest";
import { probeAdapter } from "../adapter-probe-node.ts";
import { createOnnxBackend } from "../engines-node.ts";
import { whyNoCudaProvider } from "./cuda-provider-node.ts";

/** Vulkan's loader reads these; with them it finds no driver, whatever the machine has. */
const WITHOUT_DRIVERS = { ...process.env, VK_ICD_FILENAMES: "/no.json", VK_DRIVER_FILES: "/no.json" };
const adapter = await probeAdapter(process.env);
const absent = "reason" in adapter ? adapter.reason : undefined;
const MIB = 2 ** 20;

describe("onnx:cuda", () => {
  it.runIf(whyNoCudaProvider())(
    "is refused with the file that is absent, never replaced by the cpu",
    async () => {
      await expect(createOnnxBackend({ provider: "cuda" })).rejects.toMatchObject({
        code: "backend",
        message: expect.stringMatching(/not installed.*Received: no .*providers_cuda/),
      });
    },
  );
});

describe("onnx:webgpu", () => {
  it.runIf(process.platform === "linux")("is refused with Vulkan's reason where no driver is", async () => {
    await expect(createOnnxBackend({ provider: "webgpu", env: WITHOUT_DRIVERS })).rejects.toMatchObject({
      code: "backend",
      message: expect.stringMatching(/no WebGPU adapter. Received: \S+.*Vulkan/i),
    });
  });

  it("is refused with ONNX Runtime's own reason when the adapter is there for Dawn alone", async () => {
    const facts = { name: "a GPU that is none", software: false, maxTensorBytes: 2 ** 27 };
    const options = { provider: "webgpu", env: WITHOUT_DRIVERS, adapter: { facts } } as const;
    await expect(createOnnxBackend(options)).rejects.toMatchObject({
      code: "backend",
      message: expect.stringMatching(/webgpu provider cannot be used. Received: .*(adapter|vulkan|json)/i),
    });
  });

  it.runIf("facts" in adapter && adapter.facts.software)(
    "takes a software adapter only when asked to",
    async () => {
      await expect(createOnnxBackend({ provider: "webgpu" })).rejects.toMatchObject({
        code: "backend",
        message: expect.stringMatching(/software one.*Received: \S/),
      });
      const opened = await createOnnxBackend({ provider: "webgpu", allowSoftware: true });
      expect(opened.device).toMatchObject({ engine: "onnx", software: true });
      expect(opened.device.name).not.toBe("");
      await opened.dispose();
    },
  );

  it.skipIf(absent)("gives the memory of constants back with the last program", async () => {
    const backend = await createOnnxBackend({ provider: "webgpu", allowSoftware: true });
    const builder = new GraphBuilder();
    const constant = builder.constant("c", [4 * MIB], new Float32Array(4 * MIB));
    builder.output("y", builder.add(constant, builder.input("x", [])));
    const once = async (): Promise<void> => {
      const program = await backend.compile(builder.build());
      await program.run({ x: { shape: [], data: Float32Array.of(1) } });
      program.dispose();
    };
    for (let i = 0; i < 5; i++) await once();
    const before = process.memoryUsage.rss();
    for (let i = 0; i < 20; i++) await once();
    // 20 constants of 16 MiB went in
    expect(process.memoryUsage.rss() - before).toBeLessThan(160 * MIB);
    await backend.dispose();
  });
});
