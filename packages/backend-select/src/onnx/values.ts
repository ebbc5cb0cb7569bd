import { type ConstantNode, type Graph, type Node, numElements, type Pair, type ValueId } from "@graft/core";
import type { OnnxModel, ValueName } from "./onnx-model.ts";

/**
 * How a value lies in memory. `rows`: as the graph says (NHWC, HWIO, or any other rank); `channels-first`: NCHW, what
 * ONNX's convolutions and pools take; `kernel`: OIHW, what a convolution takes as weights.
 */
export type Layout = "rows" | "channels-first" | "kernel";

/** Axes of `rows` in the order of the layout. */
const PERMUTATIONS = { "channels-first": [0, 3, 1, 2], kernel: [3, 2, 0, 1] } as const;
const ROWS_FROM_CHANNELS_FIRST = [0, 2, 3, 1];

/** A constant [h, w, in, out] moved to [out, in, h, w]. */
function toKernelLayout({ shape, data }: ConstantNode): { shape: number[]; data: Float32Array } {
  const [height = 1, width = 1, inputs = 1, outputs = 1] = shape;
  const moved = new Float32Array(data.length);
  const pixels = height * width;
  let from = 0;
  for (let pixel = 0; pixel < pixels; pixel++)
    for (let i = 0; i < inputs; i++)
      for (let o = 0; o < outputs; o++) moved[(o * inputs + i) * pixels + pixel] = data[from++] ?? 0;
  return { shape: [outputs, inputs, height, width], data: moved };
}

/**
 * The graph's values while it is written as ONNX, each in the layouts that were asked for so far.
 *
 * Transposes are made where a value is first read in a layout it does not have; an op that can work in either layout
 * takes the one its inputs have. So they end up at the edges of convolutional regions and nowhere else.
 */
export class Values {
  readonly model: OnnxModel;
  readonly #graph: Graph;
  readonly #names = new Map<ValueId, Map<Layout, ValueName>>();
  readonly #memo = new Map<string, ValueName>();

  constructor(model: OnnxModel, graph: Graph) {
    this.model = model;
    this.#graph = graph;
  }

  node(id: ValueId): Node {
    const node = this.#graph.nodes[id];
    if (!node) throw new TypeError(`the graph has no value ${id}`);
    return node;
  }

  /** Two neighbouring axes: height and width of a value [batch, height, width, channels], of a kernel from axis 0 on. */
  sizeOf(id: ValueId, first = 1): Pair {
    const { shape } = this.node(id);
    return [Number(shape[first]), Number(shape[first + 1])];
  }

  /** Length of the last axis: an image's channels, a kernel's outputs. */
  channelsOf(id: ValueId): number {
    return Number(this.node(id).shape.at(-1));
  }

  /** Says under which name a value is there. */
  set(id: ValueId, layout: Layout, name: ValueName): void {
    const names = this.#names.get(id) ?? new Map<Layout, ValueName>();
    this.#names.set(id, names.set(layout, name));
  }

  /** True when the value is there, and in this layout. */
  has(id: ValueId, layout: Layout): boolean {
    return this.#names.get(id)?.has(layout) ?? false;
  }

  /** The value in a layout, moved if need be. */
  get(id: ValueId, layout: Layout = "rows"): ValueName {
    const known = this.#names.get(id)?.get(layout);
    if (known !== undefined) return known;
    const name = this.#made(id, layout);
    this.set(id, layout, name);
    return name;
  }

  /** What was made before under this key, else made now: for what several ops derive from one value. */
  memo(key: string, make: () => ValueName): ValueName {
    const name = this.#memo.get(key) ?? make();
    this.#memo.set(key, name);
    return name;
  }

  /** The layout in which an element-wise op on these values moves least: of the first that has four axes. */
  shared(ids: readonly ValueId[]): "rows" | "channels-first" {
    const images = ids.filter((id) => this.node(id).shape.length === 4);
    return images.some((id) => this.has(id, "channels-first")) ? "channels-first" : "rows";
  }

  /** An element-wise op's second operand in the layout of the first: [c] stands along the channels. */
  operand(id: ValueId, layout: "rows" | "channels-first"): ValueName {
    const node = this.node(id);
    if (layout === "rows" || node.shape.length === 0) return this.get(id);
    if (node.shape.length === 4) return this.get(id, layout);
    const channels = numElements(node.shape);
    if (node.kind === "constant") return this.model.floats([channels, 1, 1], node.data);
    return this.model.node("Reshape", [this.get(id), this.model.integers([channels, 1, 1])]);
  }

  #made(id: ValueId, layout: Layout): ValueName {
    const node = this.node(id);
    const names = this.#names.get(id);
    if (node.kind === "constant") {
      if (layout === "kernel") {
        const { shape, data } = toKernelLayout(node);
        return this.model.floats(shape, data);
      }
      if (!names?.has("rows")) {
        const rows = this.model.floats(node.shape, node.data);
        this.set(id, "rows", rows);
        if (layout === "rows") return rows;
      }
    }
    if (layout === "rows") {
      const moved = names?.get("channels-first");
      if (moved === undefined) throw new TypeError(`the value ${id} is read before it is made`);
      return this.model.node("Transpose", [moved], { perm: ROWS_FROM_CHANNELS_FIRST });
    }
    return this.model.node("Transpose", [this.get(id)], { perm: PERMUTATIONS[layout] });
  }
}
