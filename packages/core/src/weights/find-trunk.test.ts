import { expect, test } from "vitest";
import { findTrunks, type TrunkInFile } from "./find-trunk.ts";
import { joinLayers } from "./found-layer.ts";
import type { FoundTensor } from "./found-tensor.ts";
import { countedFrom, listedAfter, tensor, trunkTensors } from "./testing.ts";

/** How many convolutions a trunk up to mixed7 has. */
const MIXED7 = 70;

const find = (tensors: readonly FoundTensor[]): readonly TrunkInFile[] => findTrunks(joinLayers(tensors));

/** The one trunk of these tensors. */
function only(tensors: readonly FoundTensor[]): TrunkInFile {
  const [trunk, ...more] = find(tensors);
  if (!trunk || more.length > 0) throw new Error(`${more.length + 1} trunks`);
  return trunk;
}

const norm = (layer: string, channels: number, gamma = true): FoundTensor[] =>
  ["beta", ...(gamma ? ["gamma"] : []), "moving_mean", "moving_variance"].map((variable) =>
    tensor(`${layer}/${variable}`, [channels]),
  );

test.each([0, 1, 95, 379])("a whole trunk whose layers are counted from %d on is found", (first) => {
  const trunk = only(trunkTensors(94, countedFrom(first)));
  expect(trunk).toMatchObject({ cut: "mixed10", isNamedOtherwise: false });
  for (const number of [1, 2, 56, 94])
    expect(trunk.layers.get(`conv2d_${number}`)?.name).toBe(countedFrom(first)("conv2d", number));
});

test("numbers with gaps go by rank, whatever the order of the file", () => {
  const gapped = trunkTensors(94, (kind, number) => `${kind}_${3 * number + 5}`).toReversed();
  const trunk = only(gapped);
  expect(trunk.cut).toBe("mixed10");
  expect(trunk.layers.get("batch_normalization_94")?.name).toBe("batch_normalization_287");
});

test("places count in the graph's order, behind layers of the same class that lie in front", () => {
  const names = (kind: string): string => kind; // Keras before 3.8 keeps none
  const front = [tensor("conv2d/kernel", [3, 3, 3, 32], { className: "conv2d", place: 0 })];
  const trunk = only([...front, ...trunkTensors(94, names, listedAfter(1))]);
  expect(trunk.cut).toBe("mixed10");
  expect(trunk.layers.get("conv2d_6")?.place).toBe(1 + 8);
});

test("a trunk that ends at the cut is one up to there, whatever comes behind", () => {
  const head = [
    tensor("conv2d_94/kernel", [1, 1, 768, 8]),
    tensor("conv2d_94/bias", [8]),
    tensor("conv2d_71/kernel", [1, 1, 768, 8]),
    ...norm("batch_normalization_94", 768),
    ...norm("batch_normalization_71", 192),
    tensor("dense/kernel", [768, 2]),
  ];
  for (const first of [0, 1]) {
    const cut = trunkTensors(MIXED7, countedFrom(first));
    expect(only([...cut, ...head]).cut).toBe("mixed7");
    expect(only(cut).cut).toBe("mixed7");
  }
});

test("layers made before the trunk, in front of it or beside, do not count", () => {
  const before = [
    ...norm("batch_normalization", 3),
    tensor("conv2d/kernel", [3, 3, 3, 32]),
    ...norm("batch_normalization_1", 32, false),
  ];
  const trunk = only([...before, ...trunkTensors(94, (kind, number) => `${kind}_${number + 1}`)]);
  expect(trunk.cut).toBe("mixed10");
  expect(trunk.layers.get("batch_normalization_1")?.name).toBe("batch_normalization_2");
});

test("a trunk nested in another model is found there, and its top's layers of the same names stay apart", () => {
  const nested = trunkTensors(94, countedFrom(0), () => ({ model: "inception_v3" }));
  const trunk = only([
    ...nested,
    ...norm("batch_normalization", 2048),
    tensor("conv2d/kernel", [1, 1, 2048, 8]),
  ]);
  expect(trunk).toMatchObject({ cut: "mixed10", model: "inception_v3" });
});

test("two trunks are two, in two models or in one", () => {
  const one = trunkTensors(MIXED7, countedFrom(0), () => ({ model: "a" }));
  const other = trunkTensors(94, countedFrom(94), () => ({ model: "b" }));
  expect(find([...one, ...other]).map(({ model, cut }) => [model, cut])).toEqual([
    ["b", "mixed10"],
    ["a", "mixed7"],
  ]);
  const flat = [...trunkTensors(94, countedFrom(0)), ...trunkTensors(94, countedFrom(94))];
  expect(find(flat).map(({ layers }) => layers.get("conv2d_1")?.name)).toEqual(["conv2d", "conv2d_94"]);
  const copies = [...trunkTensors(94, countedFrom(1)), ...trunkTensors(94, (kind, n) => `${kind}_${n}_1`)];
  expect(find(copies).map(({ layers }) => layers.get("conv2d_9")?.name)).toEqual(["conv2d_9", "conv2d_9_1"]);
});

test("layers that somebody renamed are found by their places", () => {
  const renamed = trunkTensors(
    MIXED7,
    (kind, number) => `inc_${kind}_${number}`,
    (_, number) => ({ place: listedAfter(3)("", number).place ?? 0 }),
  );
  expect(only(renamed).cut).toBe("mixed7");
});

test("where Keras 3's names and places contradict each other, the places hold, and it is said", () => {
  // both have 128 × 128 × 7 × 1 numbers
  const swapped = (kind: string, number: number): string =>
    countedFrom(0)(kind, number === 36 ? 38 : number === 38 ? 36 : number);
  const trunk = only(trunkTensors(94, swapped, listedAfter(0)));
  expect(trunk).toMatchObject({ cut: "mixed10", isNamedOtherwise: true });
  expect(trunk.layers.get("conv2d_36")?.place).toBe(listedAfter(0)("conv2d", 36).place);
  expect(only(trunkTensors(94, countedFrom(0), listedAfter(0))).isNamedOtherwise).toBe(false);
});

test("another network's layers are no trunk", () => {
  const other = Array.from({ length: 20 }, (_, i) => tensor(`conv2d_${i}/kernel`, [3, 3, 3, 32]));
  expect(find(other)).toMatchObject([{ cut: undefined }]);
  expect(find([tensor("dense/kernel", [4, 4])])).toMatchObject([{ cut: undefined }]);
  expect(find([])).toEqual([]);
});
