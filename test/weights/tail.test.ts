import { CoreError, CUT_LAYERS, LAYER_ORDER, TRUNK_LAYERS, TRUNK_TENSORS, tailOf } from "@graft/core";
import { describe, expect, it } from "vitest";

/** What a loop over Keras's layers that sets `trainable` from one of them on would train, up to a cut. */
function loopOver(from: string, upTo: readonly string[]): Set<string> {
  const trains = new Set(LAYER_ORDER.slice(LAYER_ORDER.indexOf(from)));
  return new Set(
    TRUNK_TENSORS.map(({ name }) => name).filter((name) => {
      const [layer = "", variable] = name.split("/");
      return trains.has(layer) && upTo.includes(layer) && (variable === "kernel" || variable === "beta");
    }),
  );
}
const upToMixed7 = TRUNK_LAYERS.slice(0, TRUNK_LAYERS.findIndex(({ name }) => name === "mixed7") + 1).flatMap(
  (layer) => (layer.kind === "conv-bn-relu" ? [layer.name, layer.batchNorm] : [layer.name]),
);

describe("a tail", () => {
  it.each(CUT_LAYERS.map((block, at) => [block, CUT_LAYERS[at - 1] ?? "max_pooling2d_2"]))(
    "from %s trains all after %s, whose output is what is cached",
    (block, base) => {
      const tail = tailOf(block, "mixed10");
      expect(tail.base).toBe(base);
      const after = TRUNK_LAYERS.slice(TRUNK_LAYERS.findIndex(({ name }) => name === base) + 1);
      expect(tail.layers).toEqual(after);
      const convolutions = after.filter(({ kind }) => kind === "conv-bn-relu");
      expect(tail.trainable.size).toBe(2 * convolutions.length);
    },
  );

  it.each([
    ["conv2d_56", "mixed5"],
    ["batch_normalization_56", "mixed5"],
    ["average_pooling2d_6", "mixed5"],
    ["conv2d_69", "mixed6"],
    ["conv2d_3", "conv2d_2"],
    ["conv2d_1", "input_1"],
  ])("from the layer %s is what a loop over Keras's layers trains, cached at %s", (from, base) => {
    const tail = tailOf(from, "mixed7");
    expect(tail.trainable).toEqual(loopOver(from, upToMixed7));
    expect(tail.base).toBe(base);
  });

  it("from conv2d_56 leaves conv2d_55 before it alone, and takes conv2d_52 of another branch", () => {
    const { trainable } = tailOf("conv2d_56", "mixed7");
    expect([...trainable]).not.toContain("conv2d_55/kernel");
    expect([...trainable]).toContain("conv2d_52/kernel");
    // same depth as conv2d_52, listed before it: its kernel is frozen, its batch norm comes after
    expect([...tailOf("conv2d_57", "mixed7").trainable]).not.toContain("conv2d_52/kernel");
    expect([...tailOf("conv2d_57", "mixed7").trainable]).toContain("batch_normalization_52/beta");
  });

  it.each([
    ["mixed8", "mixed7", /above the cut/],
    ["conv2d_71", "mixed7", /above the cut/],
    ["activation_70", "mixed7", /above the cut/],
    ["conv2d_95", "mixed7", /no layer conv2d_95.*conv2d_56/],
    ["dense", "mixed7", /no layer dense/],
  ] as const)("from %s with cut %s is refused", (from, cut, message) => {
    expect(() => tailOf(from, cut)).toThrow(CoreError);
    expect(() => tailOf(from, cut)).toThrow(message);
  });
});
