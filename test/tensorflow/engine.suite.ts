import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createTensorflowBackend, createTfjsBackend, installEngine } from "@graft/backend-select";
import { type Backend, GraphBuilder, type HostTensor, type Padding } from "@graft/core";
import { createReferenceBackend } from "@graft/core/testing";
import { expect, it } from "vitest";
import { expectClose } from "../contract/close.ts";
import { describeOn } from "../open-or-skip.ts";
import { TENSORFLOW, TENSORFLOW_HOME } from "./candidates.ts";

const ramp = (shape: readonly number[]): HostTensor => ({
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i * 12.9898)),
});

/** One convolution without bias by strides 1 and 2. */
async function convolve(backend: Backend, x: HostTensor, kernel: HostTensor, padding: Padding) {
  const builder = new GraphBuilder();
  const ids = [builder.input("x", x.shape), builder.input("kernel", kernel.shape)];
  builder.output("y", builder.op({ op: "conv2d", strides: [1, 2], padding, activation: "none" }, ids));
  const { y } = await (await backend.compile(builder.build())).run({ x, kernel });
  return y?.data;
}

await describeOn(TENSORFLOW, (backend) => {
  it("convolves one channel by unequal strides to one column, where TensorFlow itself is wrong", async () => {
    const [x, kernel] = [ramp([3, 8, 3, 1]), ramp([3, 2, 1, 4])];
    for (const padding of ["valid", "same"] as const) {
      const expected = await convolve(createReferenceBackend(), x, kernel, padding);
      expectClose(await convolve(backend, x, kernel, padding), expected, 1e-6);
    }
  });

  it("computes beside tfjs's other engines in one process", async () => {
    const cpu = await createTfjsBackend({ device: "cpu" });
    const [x, kernel] = [ramp([2, 8, 8, 3]), ramp([3, 3, 3, 4])];
    const runs = [cpu, backend, cpu, backend].map((one) => convolve(one, x, kernel, "same"));
    const [first, ...others] = await Promise.all(runs);
    for (const other of others) expectClose(other, first, 1e-6);
    await cpu.dispose();
  });

  it("is not installed again when it is there and works", async () => {
    const lines: string[] = [];
    await installEngine("tensorflow", {
      home: TENSORFLOW_HOME,
      env: process.env,
      onLine: (line) => lines.push(line),
    });
    expect(lines).toEqual([
      expect.stringMatching(/^tensorflow is installed: TensorFlow 2\.\d+\.\d+ computes/),
    ]);
  });

  it("refuses a second TensorFlow in its process", async () => {
    const home = mkdtempSync(join(tmpdir(), "graft-second-"));
    mkdirSync(join(home, "engines"));
    symlinkSync(join(TENSORFLOW_HOME, "engines", "tensorflow"), join(home, "engines", "tensorflow"));
    const opening = createTensorflowBackend({ variant: "tensorflow", home });
    await expect(opening).rejects.toThrow("can hold only one");
    rmSync(home, { recursive: true });
  });
});
