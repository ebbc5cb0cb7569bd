import { CoreError } from "../errors.ts";
import { CUT_LAYERS, type CutLayer } from "../trunk/cut-layers.ts";
import { layersUpTo, TRUNK_LAYERS } from "../trunk/table.ts";
import { tensorsUpTo } from "../trunk/tensors.ts";
import type { WeightTensor } from "../trunk/types.ts";
import { findTrunks, fits, type TrunkInFile } from "./find-trunk.ts";
import { joinLayers } from "./found-layer.ts";
import type { FoundTensor } from "./found-tensor.ts";
import { tensorName, tensorOf, trunkMismatch } from "./trunk-mismatch.ts";

/** The trunk's tensors out of a file. */
export interface MatchedTensors {
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /** The last block that the tensors reach. */
  readonly cut: CutLayer;
  /** Tensors of other layers that the file has (dense layers and the like), by their own names. */
  readonly leftOut: readonly string[];
  /** What the file calls the trunk's first layer. */
  readonly firstLayer: string;
  /** True when the file names its layers otherwise than it puts them; where it puts them is taken. */
  readonly isNamedOtherwise: boolean;
}

/** @throws CoreError `corrupt`: one number that is none makes every feature none, hundreds of layers later. */
function checkFinite(data: Float32Array, tensor: FoundTensor, origin: string): void {
  let at = 0;
  while (at < data.length && Number.isFinite(data[at])) at++; // a callback for 22 million numbers takes its time
  if (at === data.length) return;
  const name = `${tensor.layer}/${tensor.variable}`;
  throw new CoreError(
    "corrupt",
    {
      what: `The weights in ${origin} are not all finite numbers.`,
      received: `${data[at]} at position ${at} of ${name}`,
      expected: "finite float32 numbers",
      fix: "The training that made them went wrong, or the file is damaged: use another one.",
    },
    { facts: { origin, tensor: name } },
  );
}

function severalTrunks(origin: string, trunks: readonly TrunkInFile[]): CoreError {
  const names = trunks.map(
    ({ model, layers }) => model || (layers.get("conv2d_1")?.name ?? "the model itself"),
  );
  return new CoreError(
    "weights-mismatch",
    {
      what: `${origin} has ${trunks.length} trunks.`,
      received: names.join(", "),
      expected: "one InceptionV3",
      fix: "Save the one you want by itself: model.get_layer(its name).save('trunk.keras').",
    },
    { facts: { origin, trunks: names } },
  );
}

/**
 * The block up to which a trunk with holes should reach: layers after its last whole block that rest on absent ones, or that
 * lack a half, are no top and no earlier end. Undefined for a trunk without holes.
 */
function holeBefore({ cut, layers, isNumbered }: TrunkInFile): CutLayer | undefined {
  if (cut === undefined || !isNumbered) return undefined;
  const isThere = (name: string): boolean => fits(layers.get(name), name);
  const after = TRUNK_LAYERS.slice(layersUpTo(cut).length).flatMap((layer) =>
    layer.kind === "conv-bn-relu" ? [layer] : [],
  );
  const isWhole = new Map(
    after.map((layer) => [layer.name, isThere(layer.name) && isThere(layer.batchNorm)]),
  );
  const holed = after.findLast(
    ({ name, batchNorm }) =>
      (isThere(name) || isThere(batchNorm)) &&
      layersUpTo(name).some((below) => isWhole.get(below.name) === false),
  );
  return holed && CUT_LAYERS.find((one) => layersUpTo(one).some(({ name }) => name === holed.name));
}

/**
 * Finds the trunk among a file's tensors and reads it, as far as the file has it. Layers before, behind and beside the trunk
 * are left out; what does not fit is reported all together.
 * @param cut the last block that is needed.
 * @param origin of the file, for the error.
 * @throws CoreError `weights-mismatch` with facts `missing`, `extra` (names), `wrongShape` (name, received, expected) and,
 * for a trunk that ends before the cut, `upTo`; `weights-mismatch` too for several trunks in one file; `corrupt` for numbers
 * that are not finite.
 */
export function matchTensors(
  found: readonly FoundTensor[],
  origin: string,
  cut: CutLayer = "mixed10",
): MatchedTensors {
  const layers = joinLayers(found);
  const trunks = findTrunks(layers);
  const needed = CUT_LAYERS.indexOf(cut);
  const enough = trunks.filter(({ cut: last }) => last !== undefined && CUT_LAYERS.indexOf(last) >= needed);
  if (enough.length > 1) throw severalTrunks(origin, enough);
  const [trunk] = enough.length > 0 ? enough : trunks;
  const holed = trunk && holeBefore(trunk);
  if (enough.length === 0 || trunk?.cut === undefined || holed !== undefined) {
    const isLonger = holed !== undefined && CUT_LAYERS.indexOf(holed) > needed;
    throw trunkMismatch({
      ...{ origin, layers },
      trunk: trunk && holed !== undefined ? { ...trunk, cut: undefined } : trunk,
      cut: isLonger ? holed : cut,
    });
  }
  const tensors = new Map<string, WeightTensor>();
  const taken = new Set<FoundTensor>();
  for (const { name, shape } of tensorsUpTo(trunk.cut)) {
    const tensor = tensorOf(trunk, name);
    if (!tensor) continue;
    taken.add(tensor);
    const data = tensor.read();
    checkFinite(data, tensor, origin);
    tensors.set(name, { shape, data });
  }
  const leftOut = found
    .filter((tensor) => !taken.has(tensor))
    .map(({ layer, variable }) => tensorName(layer, variable));
  const firstLayer = trunk.layers.get("conv2d_1")?.name ?? "";
  return { tensors, cut: trunk.cut, leftOut, firstLayer, isNamedOtherwise: trunk.isNamedOtherwise };
}
