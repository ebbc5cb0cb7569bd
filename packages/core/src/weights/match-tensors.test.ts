import { expect, test } from "vitest";
import { CoreError } from "../errors.ts";
import { numElements } from "../graph/graph.ts";
import type { FoundTensor } from "./found-tensor.ts";
import { matchTensors } from "./match-tensors.ts";
import { countedFrom, tensor, trunkTensors } from "./testing.ts";

/** Convolutions up to mixed0, mixed7. */
const [MIXED0, MIXED7] = [12, 70];

const withNumbers = (found: readonly FoundTensor[]): FoundTensor[] =>
  found.map((one, i) => ({ ...one, read: () => new Float32Array(numElements(one.shape)).fill(i) }));

function refusal(work: () => unknown): CoreError {
  try {
    work();
  } catch (error) {
    if (error instanceof CoreError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

test("a trunk is read as far as it reaches, and what lies around it is left out by name", () => {
  const found = withNumbers([...trunkTensors(MIXED0, countedFrom(0)), tensor("dense/kernel", [256, 2])]);
  const matched = matchTensors(found, "w.h5", "mixed0");
  expect(matched).toMatchObject({ cut: "mixed0", leftOut: ["dense/kernel"], firstLayer: "conv2d" });
  expect(matched.tensors.size).toBe(4 * MIXED0);
  expect(matched.tensors.get("batch_normalization_1/beta")?.data[0]).toBe(1);
});

test("a trunk that ends before the cut says where it ends", () => {
  const error = refusal(() => matchTensors(trunkTensors(MIXED7, countedFrom(1)), "mixed7.h5"));
  expect(error).toMatchObject({ code: "weights-mismatch", facts: { upTo: "mixed7", wrongShape: [] } });
  expect(error.message).toMatch(
    /^mixed7\.h5 has the trunk up to mixed7, .*96 missing \(conv2d_71.*`cut: mixed7`/,
  );
});

const without = (pattern: RegExp): FoundTensor[] =>
  trunkTensors(94, countedFrom(1)).filter(({ layer, variable }) => !pattern.test(`${layer}/${variable}`));

test.each([
  ["a convolution", /^conv2d_80\//, ["conv2d_80/kernel"]],
  ["one tensor of a batch norm", /^batch_normalization_94\/beta/, ["batch_normalization_94/beta"]],
  ["a tensor below the cut", /^conv2d_20\//, ["conv2d_20/kernel"]],
])("a file that lacks %s in its midst is refused, also where the cut is below", (_, pattern, missing) => {
  const error = refusal(() => matchTensors(without(pattern), "w.h5", "mixed3"));
  expect(error).toMatchObject({ code: "weights-mismatch", facts: { missing, extra: [] } });
  expect(error.message).toMatch(/do not fit the trunk/);
});

test("a network that was cut within a block gives the blocks before it", () => {
  const found = withNumbers([
    ...trunkTensors(MIXED0, countedFrom(1)),
    ...trunkTensors(13, countedFrom(1)).slice(-4),
  ]);
  expect(matchTensors(found, "w.h5", "mixed0").leftOut).toHaveLength(4);
});

test("two trunks that both reach the cut are refused by their names", () => {
  const found = ["cats", "dogs"].flatMap((model) => trunkTensors(MIXED0, countedFrom(0), () => ({ model })));
  const error = refusal(() => matchTensors(found, "w.h5", "mixed0"));
  expect(error.message).toMatch(/w\.h5 has 2 trunks\. Received: cats, dogs\./);
});
