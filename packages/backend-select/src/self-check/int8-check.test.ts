import { ReferenceBackend } from "@graft/core/testing";
import { describe, expect, it } from "vitest";
import { createOnnxBackend } from "../engines-node.ts";
import { checkInt8 } from "./int8-check.ts";

/** Has no negative weights: as wrong as sums that do not fit in their bits. */
class CuttingBackend extends ReferenceBackend {
  override async compile(...[graph]: Parameters<ReferenceBackend["compile"]>) {
    const nodes = graph.nodes.map((node) =>
      node.kind === "op" && node.op.op === "fake-quantize" && node.op.type === "int8"
        ? { ...node, op: { ...node.op, type: "uint8" } as const }
        : node,
    );
    return super.compile({ ...graph, nodes });
  }
}

describe("the check of integer convolutions", () => {
  it("is passed by onnx:cpu on any processor, and says what they are worth", async () => {
    await using backend = await createOnnxBackend({ provider: "cpu" });
    const { wrong, timesFaster } = await checkInt8(backend);
    expect(wrong).toBeUndefined();
    expect(timesFaster).toBeGreaterThan(0);
  });

  it("finds a device whose numbers are cut off, with its name", async () => {
    await using backend = new CuttingBackend();
    const { wrong } = await checkInt8(backend, 1);
    expect(wrong).toMatch(
      /int8 self-check failed: an integer convolution gives \d+ where \d+ is right on plain loops/,
    );
  });
});
