/**
 * InceptionV3 as data: a table of layers in the order in which Keras makes them.
 * Source: keras/src/applications/inception_v3.py; paper: https://arxiv.org/abs/1512.00567.
 */
import { CoreError } from "../errors.ts";
import type { Pair } from "../graph/graph.ts";
import { CUT_LAYERS, type CutLayer } from "./cut-layers.ts";
import type { TrunkLayer } from "./layer.ts";
import { TableWriter, type Written } from "./table-writer.ts";

/** What the first layers read: images [batch, size, size, 3] in the weights' input range. */
export const INPUT_LAYER = "input_1";

/** Keras's limit for the side of the images, which only some cuts need. */
export const MIN_SIZE = 75;

/** Of every batch norm of the trunk. */
export const BATCH_NORM_EPSILON = 1e-3;

const [K1, K3, K5]: readonly [Pair, Pair, Pair] = [
  [1, 1],
  [3, 3],
  [5, 5],
];
const [WIDE3, TALL3, WIDE7, TALL7]: readonly [Pair, Pair, Pair, Pair] = [
  [1, 3],
  [3, 1],
  [1, 7],
  [7, 1],
];
const HALVED = { strides: [2, 2], padding: "valid" } as const;

/** Shapes in the comments hold for images of 299 pixels, as in Keras. */
function stem(table: TableWriter): Written {
  const images = { name: INPUT_LAYER, channels: 3 };
  const first = table.convolution(images, 32, K3, HALVED);
  const second = table.convolution(first, 32, K3, { padding: "valid" });
  const pooled = table.maxPool(table.convolution(second, 64, K3)); // [73, 73, 64]
  const narrow = table.convolution(pooled, 80, K1, { padding: "valid" });
  return table.maxPool(table.convolution(narrow, 192, K3, { padding: "valid" })); // [35, 35, 192]
}

/** mixed0, mixed1, mixed2: [35, 35, 256 or 288] */
function blockA(table: TableWriter, x: Written, name: CutLayer, pooledFilters: number): Written {
  const one = table.convolution(x, 64, K1);
  const five = table.chain(x, [
    [48, K1],
    [64, K5],
  ]);
  const double = table.chain(x, [
    [64, K1],
    [96, K3],
    [96, K3],
  ]);
  const pool = table.convolution(table.averagePool(x), pooledFilters, K1);
  return table.concat([one, five, double, pool], name);
}

/** mixed3: [17, 17, 768] */
function reductionA(table: TableWriter, x: Written): Written {
  const three = table.convolution(x, 384, K3, HALVED);
  const wide = table.chain(x, [
    [64, K1],
    [96, K3],
  ]);
  const double = table.convolution(wide, 96, K3, HALVED);
  return table.concat([three, double, table.maxPool(x)], "mixed3");
}

/** mixed4 to mixed7: [17, 17, 768] */
function blockB(table: TableWriter, x: Written, name: CutLayer, filters: number): Written {
  const one = table.convolution(x, 192, K1);
  const seven = table.chain(x, [
    [filters, K1],
    [filters, WIDE7],
    [192, TALL7],
  ]);
  const double = table.chain(x, [
    [filters, K1],
    [filters, TALL7],
    [filters, WIDE7],
    [filters, TALL7],
    [192, WIDE7],
  ]);
  const pool = table.convolution(table.averagePool(x), 192, K1);
  return table.concat([one, seven, double, pool], name);
}

/** mixed8: [8, 8, 1280] */
function reductionB(table: TableWriter, x: Written): Written {
  const three = table.convolution(table.convolution(x, 192, K1), 320, K3, HALVED);
  const wide = table.chain(x, [
    [192, K1],
    [192, WIDE7],
    [192, TALL7],
  ]);
  const seven = table.convolution(wide, 192, K3, HALVED);
  return table.concat([three, seven, table.maxPool(x)], "mixed8");
}

/** mixed9, mixed10: [8, 8, 2048] */
function blockC(table: TableWriter, x: Written, name: CutLayer, forkName: string): Written {
  const one = table.convolution(x, 320, K1);
  const three = table.convolution(x, 384, K1);
  const fork = (from: Written): Written[] => [
    table.convolution(from, 384, WIDE3),
    table.convolution(from, 384, TALL3),
  ];
  const forked = table.concat(fork(three), forkName);
  const double = table.chain(x, [
    [448, K1],
    [384, K3],
  ]);
  const doubleForked = table.concat(fork(double));
  const pool = table.convolution(table.averagePool(x), 192, K1);
  return table.concat([one, forked, doubleForked, pool], name);
}

function makeTable(): readonly TrunkLayer[] {
  const table = new TableWriter();
  let x = stem(table);
  x = blockA(table, x, "mixed0", 32);
  x = blockA(table, x, "mixed1", 64);
  x = blockA(table, x, "mixed2", 64);
  x = reductionA(table, x);
  x = blockB(table, x, "mixed4", 128);
  x = blockB(table, x, "mixed5", 160);
  x = blockB(table, x, "mixed6", 160);
  x = blockB(table, x, "mixed7", 192);
  x = reductionB(table, x);
  x = blockC(table, x, "mixed9", "mixed9_0");
  blockC(table, x, "mixed10", "mixed9_1");
  return table.layers;
}

/** The whole trunk in topological order: 94 conv-bn-relu, 13 poolings, 15 concatenations. */
export const TRUNK_LAYERS: readonly TrunkLayer[] = makeTable();

/**
 * The layers that a layer needs and the layer itself, last, in topological order; none for {@link INPUT_LAYER}.
 * @throws CoreError `bad-input` for a name that the table does not have.
 */
export function layersUpTo(last: string): readonly TrunkLayer[] {
  const isKnown = last === INPUT_LAYER || TRUNK_LAYERS.some(({ name }) => name === last);
  if (!isKnown) {
    const expected = `a cut layer (${CUT_LAYERS.join(", ")}) or another layer of the trunk, such as conv2d_56`;
    throw new CoreError("bad-input", { what: "The trunk has no such layer.", received: last, expected });
  }
  const needed = new Set<string>([last]);
  for (const layer of TRUNK_LAYERS.toReversed()) {
    if (needed.has(layer.name)) for (const input of layer.inputs) needed.add(input);
  }
  return TRUNK_LAYERS.filter((layer) => needed.has(layer.name));
}
