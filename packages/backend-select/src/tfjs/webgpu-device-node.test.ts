import { GraphBuilder } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import { describe, expect, it } from "vitest";
import { createTfjsBackend } from "../engines-node.ts";
import { type OpenedGpu, openGpu } from "./webgpu-adapter-node.ts";

const open = () => createTfjsBackend({ device: "webgpu", allowSoftware: true });
const gpu: OpenedGpu | string = await openGpu().catch((error: unknown) => String(error));
const absent = typeof gpu === "string" ? gpu : undefined;

/** y = 2x on the newest backend, which proves that it computes. */
async function doubled(backend: Awaited<ReturnType<typeof open>>): Promise<number[]> {
  const builder = new GraphBuilder();
  builder.output("y", builder.scale(builder.input("x", ["batch"]), 2, 0));
  const program = await backend.compile(builder.build());
  const { y } = await program.run({ x: { shape: [3], data: Float32Array.of(1, 2, 3) } });
  return [...(y?.data ?? [])];
}

describe("tfjs:webgpu", () => {
  it.runIf(absent)("is refused with a reason where there is no adapter", async () => {
    await expect(open()).rejects.toMatchObject({
      code: "backend",
      message: expect.stringContaining("WebGPU"),
    });
  });

  it.runIf(typeof gpu !== "string" && gpu.facts.software)(
    "takes a software adapter only when asked to, also when the process has one open",
    async () => {
      const refused = { code: "backend", message: expect.stringMatching(/software one.*Received: \S/) };
      await expect(createTfjsBackend({ device: "webgpu" })).rejects.toMatchObject(refused);
      const opened = await open();
      expect(opened.device.software).toBe(true);
      await expect(createTfjsBackend({ device: "webgpu" })).rejects.toMatchObject(refused);
      await opened.dispose();
    },
  );

  it.skipIf(absent)("is one engine for all backends of a process; the last takes it down", async () => {
    const opening = [open(), open()];
    const [one, two] = [await opening[0], await opening[1]];
    if (!one || !two) throw new TypeError("two were opened");
    const engine = tf.findBackend("webgpu");
    expect(await doubled(one)).toEqual([2, 4, 6]);
    const closing = one.dispose();
    expect(await doubled(two)).toEqual([2, 4, 6]);
    await closing;
    await two.dispose();
    expect(tf.findBackend("webgpu")).toBeNull();
    const later = await open();
    expect(tf.findBackend("webgpu")).not.toBe(engine);
    expect(await doubled(later)).toEqual([2, 4, 6]);
    await later.dispose();
  });

  it.skipIf(absent)(
    "says of a run after dispose that it cannot be, and leaves globals as they were",
    async () => {
      const before = Object.getOwnPropertyDescriptor(globalThis, "navigator");
      const backend = await open();
      expect(Object.getOwnPropertyDescriptor(globalThis, "navigator")).toEqual(before);
      await backend.dispose();
      await expect(doubled(backend)).rejects.toMatchObject({ code: "backend" });
    },
  );
});
