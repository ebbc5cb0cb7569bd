import type { Padding, Pair } from "../graph/graph.ts";
import type { TrunkLayer } from "./layer.ts";

/** A layer that is in the table already, as the next ones take it. */
export interface Written {
  readonly name: string;
  readonly channels: number;
}

interface Window {
  readonly strides?: Pair;
  readonly padding?: Padding;
}

const ONE: Pair = [1, 1];

/** Writes a layer table and numbers layers as the public Keras file does: each kind from 1, in the order they are made. */
export class TableWriter {
  readonly layers: TrunkLayer[] = [];
  readonly #counts = new Map<string, number>();

  /** @param kernel [height, width] */
  convolution(from: Written, filters: number, kernel: Pair, options: Window = {}): Written {
    const { strides = ONE, padding = "same" } = options;
    const number = this.#next("conv2d");
    return this.#add({
      kind: "conv-bn-relu",
      name: `conv2d_${number}`,
      batchNorm: `batch_normalization_${number}`,
      activation: `activation_${number}`,
      inputs: [from.name],
      inputChannels: from.channels,
      channels: filters,
      filters,
      kernel,
      strides,
      padding,
    });
  }

  /** Convolutions one after the other with stride 1 and 'same' padding. */
  chain(from: Written, steps: readonly (readonly [filters: number, kernel: Pair])[]): Written {
    return steps.reduce((value, [filters, kernel]) => this.convolution(value, filters, kernel), from);
  }

  /** 3 × 3, stride 2, 'valid'. */
  maxPool(from: Written): Written {
    const name = `max_pooling2d_${this.#next("max_pooling2d")}`;
    return this.#pool("max-pool", name, from, { strides: [2, 2], padding: "valid" });
  }

  /** 3 × 3, stride 1, 'same'. */
  averagePool(from: Written): Written {
    const name = `average_pooling2d_${this.#next("average_pooling2d")}`;
    return this.#pool("average-pool", name, from, { strides: ONE, padding: "same" });
  }

  /** @param name default: concatenate_1, concatenate_2, … */
  concat(inputs: readonly Written[], name = `concatenate_${this.#next("concatenate")}`): Written {
    const channels = inputs.reduce((sum, input) => sum + input.channels, 0);
    return this.#add({ kind: "concat", name, inputs: inputs.map((input) => input.name), channels });
  }

  #pool(
    kind: "max-pool" | "average-pool",
    name: string,
    from: Written,
    window: { strides: Pair; padding: Padding },
  ): Written {
    return this.#add({
      kind,
      name,
      inputs: [from.name],
      channels: from.channels,
      kernel: [3, 3],
      ...window,
    });
  }

  #next(kind: string): number {
    const number = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, number);
    return number;
  }

  #add(layer: TrunkLayer): Written {
    this.layers.push(layer);
    return layer;
  }
}
