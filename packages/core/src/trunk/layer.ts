import type { Padding, Pair } from "../graph/graph.ts";

interface LayerBase {
  /** Keras's name in the public weights file; of a conv-bn-relu, its convolution's. */
  readonly name: string;
  /** `TrunkLayer.name`s, or `INPUT_LAYER`, in the order of the inputs. */
  readonly inputs: readonly string[];
  /** Channels of the output. */
  readonly channels: number;
}

/** Keras's `conv2d_bn`: a convolution without bias, a batch norm without gamma (epsilon 0.001), a relu. */
export interface ConvolutionLayer extends LayerBase {
  readonly kind: "conv-bn-relu";
  /** Name of the batch norm: `batch_normalization_5`. */
  readonly batchNorm: string;
  /** Name of the relu, which is the layer that others take as input in Keras: `activation_5`. */
  readonly activation: string;
  /** Channels of the input. */
  readonly inputChannels: number;
  /** Equal to `channels`. */
  readonly filters: number;
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

export interface PoolingLayer extends LayerBase {
  readonly kind: "max-pool" | "average-pool";
  /** The window. */
  readonly kernel: Pair;
  readonly strides: Pair;
  readonly padding: Padding;
}

/** Joins its inputs along the channels. */
export interface ConcatLayer extends LayerBase {
  readonly kind: "concat";
}

export type TrunkLayer = ConvolutionLayer | PoolingLayer | ConcatLayer;
