import { type Backend, type Dim, GraphBuilder, type HostTensor, type Op, type ValueId } from "@graft/core";
import { createReferenceBackend, OP_NAMES } from "@graft/core/testing";
import * as tf from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, it } from "vitest";
import { createTfjsBackend } from "../../engines-node.ts";
import { OP_CASES, type OpCase } from "../testing/op-cases.ts";
import type { TfjsOptions } from "../tfjs-node.ts";

/** Batch axes are open where the op has one, so that one program also proves the batch is not compiled in. */
const openBatch = (op: Op, input: HostTensor, index: number): readonly Dim[] =>
  op.op === "reshape" && index === 0 ? ["batch", ...input.shape.slice(1)] : input.shape;

async function run(backend: Backend, [, op, inputs]: OpCase): Promise<HostTensor> {
  const builder = new GraphBuilder();
  const ids = inputs.map((input, i): ValueId => {
    const dtype = input.data instanceof Uint8Array ? "uint8" : "float32";
    return builder.input(`x${i}`, openBatch(op, input, i), dtype);
  });
  builder.output("y", builder.op(op, ids));
  const program = await backend.compile(builder.build());
  try {
    const { y } = await program.run(Object.fromEntries(inputs.map((input, i) => [`x${i}`, input])));
    if (!y) throw new Error("no output");
    return y;
  } finally {
    program.dispose();
  }
}

/**
 * Registers every op on a device of tfjs against the float64 reference.
 *
 * A device that cannot be used becomes a test skipped with the reason, or a failing one when REQUIRE_BACKENDS names
 * its kind.
 * @param tolerance of the largest value of a result; cases sum at most 75 products below 1.
 */
async function describeOps(options: TfjsOptions, tolerance: number): Promise<void> {
  const opened = await createTfjsBackend(options).catch((error: unknown) => String(error));
  describe(`on tfjs:${options.device}`, () => {
    if (typeof opened === "string") {
      const required = (process.env.REQUIRE_BACKENDS ?? "").split(",").includes(options.device);
      if (!required) return it.skip(`skipped: ${opened}`, () => undefined);
      return it("is required by REQUIRE_BACKENDS", () => expect(opened).toBe("a backend"));
    }
    const reference = createReferenceBackend();
    afterAll(() => opened.dispose());

    it("every op has a case", () => {
      expect(new Set(OP_CASES.map(([, op]) => op.op))).toEqual(new Set(OP_NAMES));
    });

    it.each(OP_CASES)("%s: the reference's numbers, nothing left behind", async (...one) => {
      const expected = await run(reference, one);
      const before = tf.memory().numTensors;
      const got = await run(opened, one);
      expect(tf.memory().numTensors).toBe(before);
      expect(got.shape).toEqual(expected.shape);
      const largest = Math.max(1, ...Array.from(expected.data, Math.abs));
      const worst = Math.max(
        ...Array.from(got.data, (x, i) => Math.abs(x - (expected.data[i] ?? Number.NaN))),
      );
      expect(worst).toBeLessThan(tolerance * largest);
    });
  });
}

// float32 against float64: 75 products are good for 1e-5
await describeOps({ device: "cpu" }, 1e-5);
await describeOps({ device: "wasm" }, 1e-5);
// a GPU's exp and division are good for some 1e-6, and sums run in another order
await describeOps({ device: "webgpu", allowSoftware: true }, 3e-5);
