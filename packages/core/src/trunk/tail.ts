import { CoreError } from "../errors.ts";
import { CUT_LAYERS, type CutLayer } from "./cut-layers.ts";
import { LAYER_ORDER } from "./graph-order.ts";
import type { TrunkLayer } from "./layer.ts";
import { INPUT_LAYER, layersUpTo } from "./table.ts";

/** The part of the trunk that fine-tuning runs in every step, and what of it trains. */
export interface Tail {
  /** The last layer below which all is frozen: its output is what is cached. `INPUT_LAYER` when everything trains. */
  readonly base: string;
  /** The layers after it up to the cut, in topological order. */
  readonly layers: readonly TrunkLayer[];
  /** What trains: `conv2d_51/kernel`, `batch_normalization_51/beta`, by name. All other tensors stay as they are. */
  readonly trainable: ReadonlySet<string>;
}

/** A block's first layer, as `--fine-tune mixed6` means it: where Keras's order goes on after the block before. */
function firstOfBlock(block: CutLayer): number {
  const before = CUT_LAYERS[CUT_LAYERS.indexOf(block) - 1];
  return LAYER_ORDER.indexOf(before ?? STEM_END) + 1;
}

/** The stem's last layer. */
const STEM_END = "max_pooling2d_2";

function unknownLayer(from: string): CoreError {
  const known = `a block (${CUT_LAYERS[0]} to ${CUT_LAYERS.at(-1)}) or a layer of the public weights file, such as conv2d_56`;
  return new CoreError("bad-input", { what: `There is no layer ${from} to fine-tune from: give ${known}.` });
}

/** Kernels and betas of all layers from a place in Keras's order on, up to the cut. */
function trainableFrom(start: number, upToCut: readonly TrunkLayer[]): ReadonlySet<string> {
  const trains = new Set(LAYER_ORDER.slice(start));
  return new Set(
    upToCut.flatMap((layer) => {
      if (layer.kind !== "conv-bn-relu") return [];
      const kernel = trains.has(layer.name) ? [`${layer.name}/kernel`] : [];
      return [...kernel, ...(trains.has(layer.batchNorm) ? [`${layer.batchNorm}/beta`] : [])];
    }),
  );
}

const isTrainable = (layer: TrunkLayer, trainable: ReadonlySet<string>): boolean =>
  layer.kind === "conv-bn-relu" &&
  (trainable.has(`${layer.name}/kernel`) || trainable.has(`${layer.batchNorm}/beta`));

/** How many of the layers come before the tail: the last of them is the only one that any later layer reads. */
function frozenLength(layers: readonly TrunkLayer[], trainable: ReadonlySet<string>): number {
  const firstTrained = layers.findIndex((layer) => isTrainable(layer, trainable));
  for (let length = firstTrained; length > 0; length--) {
    const last = layers[length - 1]?.name ?? INPUT_LAYER;
    const below = new Set([INPUT_LAYER, ...layers.slice(0, length - 1).map(({ name }) => name)]);
    const isOnlyWay = layers.slice(length).every(({ inputs }) => inputs.every((name) => !below.has(name)));
    if (isOnlyWay && last !== INPUT_LAYER) return length;
  }
  return 0;
}

/**
 * What fine-tuning from a layer means.
 *
 * A block (`mixed6`) is unfrozen whole, with all after it. Any other layer of the public file (`conv2d_56`) is unfrozen
 * with all that come after it in Keras's `model.layers`, as a loop over `trainable` does: layers of other branches among
 * them, and the batch norms of convolutions that come before it themselves.
 *
 * @param from the name that `--fine-tune` got.
 * @throws CoreError `bad-input` for an unknown layer, or one after which nothing up to the cut has weights.
 */
export function tailOf(from: string, cut: CutLayer): Tail {
  const block = CUT_LAYERS.find((name) => name === from);
  const start = block ? firstOfBlock(block) : LAYER_ORDER.indexOf(from);
  if (start < 0) throw unknownLayer(from);
  const upToCut = layersUpTo(cut);
  const trainable = trainableFrom(start, upToCut);
  if (trainable.size === 0) {
    const what = `Fine-tuning from ${from} would train nothing, as it lies above the cut ${cut}: give ${cut}, the last block that is used, or a layer below it.`;
    throw new CoreError("bad-input", { what });
  }
  const length = frozenLength(upToCut, trainable);
  return { base: upToCut[length - 1]?.name ?? INPUT_LAYER, layers: upToCut.slice(length), trainable };
}
