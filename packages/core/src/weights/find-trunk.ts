import { groupBy } from "../dataset/groups.ts";
import { sameShape } from "../graph/infer-shape.ts";
import { CUT_LAYERS, type CutLayer } from "../trunk/cut-layers.ts";
import { GRAPH_ORDER } from "../trunk/graph-order.ts";
import { TRUNK_LAYERS } from "../trunk/table.ts";
import { TRUNK_TENSORS, tensorsUpTo } from "../trunk/tensors.ts";
import type { FoundLayer } from "./found-layer.ts";
import { layerNumber, type TrunkKind } from "./found-tensor.ts";

/** Layers of one kind by the public file's numbers, 1 … 94. */
type Numbered = ReadonlyMap<number, FoundLayer>;

/** A trunk that a file may have, whole or not. */
export interface TrunkInFile {
  /** As `FoundTensor.model`. */
  readonly model: string;
  /** The last block up to which every tensor is there in its shape; undefined for no block at all. */
  readonly cut: CutLayer | undefined;
  /** Layers by public name, `conv2d_5`; those after the cut and of wrong shapes among them. */
  readonly layers: ReadonlyMap<string, FoundLayer>;
  /** True where the file's own numbers lead to the layers, so that a number that is absent is a hole. */
  readonly isNumbered: boolean;
  /** True when the file names its layers otherwise than it puts them, both ways fitting. */
  readonly isNamedOtherwise: boolean;
}

const NUM_CONVOLUTIONS = GRAPH_ORDER.length;

/** Shapes of a layer's variables by its public name. */
const SHAPES: ReadonlyMap<string, ReadonlyMap<string, readonly number[]>> = new Map(
  TRUNK_LAYERS.flatMap((layer) =>
    layer.kind === "conv-bn-relu"
      ? [layer.name, layer.batchNorm].map((name) => [
          name,
          new Map(
            TRUNK_TENSORS.filter((spec) => spec.name.startsWith(`${name}/`)).map((spec) => [
              spec.name.slice(name.length + 1),
              spec.shape,
            ]),
          ),
        ])
      : [],
  ),
);

/** How many convolutions each cut needs. In table order they are the first ones, and in the graph's order too. */
const NUM_UP_TO: readonly number[] = CUT_LAYERS.map(
  (cut) => tensorsUpTo(cut).filter(({ name }) => name.endsWith("/kernel")).length,
);

/** True for a layer that has a public layer's variables, no others, in their shapes. */
export function fits(layer: FoundLayer | undefined, publicName: string): boolean {
  const shapes = SHAPES.get(publicName);
  if (!layer || !shapes || layer.tensors.size !== shapes.size) return false;
  return [...shapes].every(([variable, shape]) => {
    const tensor = layer.tensors.get(variable);
    return tensor !== undefined && sameShape(tensor.shape, shape);
  });
}

/** How far a numbering fits: whole blocks first, then layers. */
interface Candidate {
  readonly layers: Numbered;
  /** By the file's own numbers, not by rank. */
  readonly isNumbered: boolean;
  /** Whole blocks from the first on: 0 … 11. */
  readonly blocks: number;
  /** Layers that fit, wherever they are. */
  readonly numFitting: number;
}

function candidate(
  kind: TrunkKind,
  isNumbered: boolean,
  entries: Iterable<readonly [number, FoundLayer]>,
): Candidate {
  const layers = new Map([...entries].filter(([number]) => number >= 1 && number <= NUM_CONVOLUTIONS));
  const fitting = [...layers].filter(([number, layer]) => fits(layer, `${kind}_${number}`));
  const numbers = new Set(fitting.map(([number]) => number));
  let first = 0;
  while (numbers.has(first + 1)) first++;
  const blocks = NUM_UP_TO.filter((needed) => needed <= first).length;
  return { layers, isNumbered, blocks, numFitting: numbers.size };
}

type Score = Pick<Candidate, "blocks" | "numFitting">;

const better = (a: Score, b: Score): number => b.blocks - a.blocks || b.numFitting - a.numFitting;

/** One candidate for each layer that may be the trunk's first, the best there is. */
function bestOfEach(candidates: readonly Candidate[]): readonly Candidate[] {
  const byFirst = new Map<FoundLayer | undefined, Candidate>();
  for (const one of candidates.toSorted(better)) {
    const first = one.layers.get(1);
    if (!byFirst.has(first)) byFirst.set(first, one);
  }
  return [...byFirst.values()];
}

/**
 * Numberings by the names.
 *
 * Keras counts layers of a kind through a whole process: from 1 in Keras 2, from 0 (no number) in Keras 3, from anywhere
 * in a session that made other layers before, which may lie in the same file. So numbers are tried as they are, and
 * counted from each layer that can be the trunk's first, by difference and by rank.
 */
function byNames(kind: TrunkKind, layers: readonly FoundLayer[]): readonly Candidate[] {
  const numbered = layers.flatMap((layer) => {
    const name = layerNumber(layer.name);
    return name ? [{ layer, ...name }] : [];
  });
  const isOnce = new Set(numbered.map(({ number }) => number)).size === numbered.length;
  // names that TensorFlow made different are those of a second network where the first has them, too
  const groups = groupBy(numbered, ({ copy }) => (isOnce ? "" : copy));
  return [...groups.values()].flatMap((group) => {
    const sorted = group.toSorted((a, b) => a.number - b.number);
    const asTheyAre = candidate(
      kind,
      true,
      sorted.map(({ number, layer }) => [number, layer]),
    );
    const starts = sorted.filter(({ layer }, at) => at === 0 || fits(layer, `${kind}_1`));
    const counted = starts.flatMap((start) => {
      const from = sorted.indexOf(start);
      const byDifference = sorted.map(({ number, layer }) => [number - start.number + 1, layer] as const);
      const byRank = sorted.slice(from).map(({ layer }, rank) => [rank + 1, layer] as const);
      return [candidate(kind, true, byDifference), candidate(kind, false, byRank)];
    });
    return [asTheyAre, ...counted];
  });
}

/** Numberings by the places, counted from each layer that can be the trunk's first: the graph's order. */
function byPlaces(kind: TrunkKind, layers: readonly FoundLayer[]): readonly Candidate[] {
  const placed = layers
    .filter(({ place }) => place !== undefined)
    .toSorted((a, b) => (a.place ?? 0) - (b.place ?? 0));
  return placed.flatMap((layer, from) => {
    if (from > 0 && !fits(layer, `${kind}_1`)) return [];
    return [
      candidate(
        kind,
        false,
        placed.slice(from).map((one, rank) => [GRAPH_ORDER[rank] ?? 0, one] as const),
      ),
    ];
  });
}

/** Whether two candidates take the same layers for the blocks that both have. */
function agree(a: Candidate, b: Candidate): boolean {
  const shared = NUM_UP_TO[Math.min(a.blocks, b.blocks) - 1] ?? 0;
  for (let number = 1; number <= shared; number++)
    if (a.layers.get(number) !== b.layers.get(number)) return false;
  return true;
}

interface KindFound {
  /** The best first; those without a whole block only where there is none with one. */
  readonly candidates: readonly Candidate[];
  readonly isNamedOtherwise: boolean;
}

/**
 * The group is what Keras goes by: in its first layout the group has the layer's name, in that of Keras 3 it has the place,
 * and the name is beside it. The other one is taken where the group's does not lead as far.
 */
function findKind(kind: TrunkKind, all: readonly FoundLayer[]): KindFound {
  const layers = all.filter((layer) => layer.kind === kind);
  const names = bestOfEach(byNames(kind, layers));
  const places = bestOfEach(byPlaces(kind, layers));
  const isPlaced = layers.some(({ tensors }) =>
    [...tensors.values()].some(({ className }) => className !== undefined),
  );
  const [own, other] = isPlaced ? [places, names] : [names, places];
  const [best] = [...own, ...other].toSorted(better);
  if (!best) return { candidates: [], isNamedOtherwise: false };
  const taken = own.includes(best) ? own : other;
  const rival = (taken === own ? other : own)[0];
  const whole = taken.filter(({ blocks }) => blocks > 0);
  return {
    candidates: whole.length > 0 ? whole : [best],
    isNamedOtherwise: rival !== undefined && rival.blocks > 0 && !agree(best, rival),
  };
}

function joined(model: string, convolutions: Candidate | undefined, norms: Candidate | undefined) {
  const blocks = Math.min(convolutions?.blocks ?? 0, norms?.blocks ?? 0);
  // what is counted by rank says nothing of layers behind the last whole block
  const last = NUM_UP_TO[blocks - 1] ?? NUM_CONVOLUTIONS;
  const named = (kind: TrunkKind, found: Candidate | undefined): [string, FoundLayer][] =>
    [...(found?.layers ?? [])].flatMap(([number, layer]) =>
      found?.isNumbered || number <= last ? [[`${kind}_${number}`, layer]] : [],
    );
  return {
    model,
    cut: CUT_LAYERS[blocks - 1],
    layers: new Map([...named("conv2d", convolutions), ...named("batch_normalization", norms)]),
    isNumbered: convolutions?.isNumbered === true && norms?.isNumbered === true,
    blocks,
    numFitting: (convolutions?.numFitting ?? 0) + (norms?.numFitting ?? 0),
  };
}

/**
 * The trunks of a file: layers in one model whose shapes are InceptionV3's, in its order, from the first convolution on.
 * Where none has a whole block, the one that comes nearest, for an error. Layers that lie before, behind or beside it are
 * in none.
 * @returns those with the most blocks first.
 */
export function findTrunks(layers: readonly FoundLayer[]): readonly TrunkInFile[] {
  const models = groupBy(layers, ({ model }) => model);
  const trunks = Array.from(models, ([model, own]) => {
    const convolutions = findKind("conv2d", own);
    const norms = findKind("batch_normalization", own);
    const isNamedOtherwise = convolutions.isNamedOtherwise || norms.isNamedOtherwise;
    const number = Math.max(1, Math.min(convolutions.candidates.length, norms.candidates.length));
    return Array.from({ length: number }, (_, i) => ({
      ...joined(model, convolutions.candidates[i], norms.candidates[i]),
      isNamedOtherwise,
    }));
  })
    .flat()
    .toSorted(better);
  const whole = trunks.filter(({ blocks }) => blocks > 0);
  return whole.length > 0 ? whole : trunks.slice(0, 1);
}
