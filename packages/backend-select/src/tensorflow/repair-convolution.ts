import * as tf from "@tensorflow/tfjs-core";

type Rank4 = tf.Tensor4D;

const isRank4 = (value: unknown): value is Rank4 => value instanceof tf.Tensor && value.rank === 4;

/** [.., c] → [.., c + 1] or, for a kernel, [h, w, c + 1, o], zeros at the end of the axis. */
function withZeros(x: Rank4, axis: 2 | 3): Rank4 {
  const none: [number, number] = [0, 0];
  const one: [number, number] = [0, 1];
  return tf.pad(x, [none, none, axis === 2 ? one : none, axis === 3 ? one : none]);
}

/**
 * Mends a registered fused convolution: oneDNN inside TensorFlow 2.21 takes wrong rows when the image has one channel,
 * the strides differ and the result is one column wide (11 of 3000 random convolutions; none with two channels, none
 * with TF_ENABLE_ONEDNN_OPTS=0, which costs speed everywhere). Such an image gets a second channel of zeros, with zero
 * weights, which changes no number.
 */
export function repairConvolution(engineName: string): void {
  const broken = tf.getKernel(tf.FusedConv2D, engineName);
  if (!broken) throw new TypeError(`${engineName} has no fused convolution`);
  const { kernelFunc } = broken;
  tf.unregisterKernel(tf.FusedConv2D, engineName);
  tf.registerKernel({
    ...broken,
    kernelFunc: (given) => {
      const { x, filter } = given.inputs;
      const strides: unknown = given.attrs?.strides;
      const unequal = Array.isArray(strides) && strides[0] !== strides[1];
      if (!unequal || !isRank4(x) || !isRank4(filter) || x.shape[3] !== 1) return kernelFunc(given);
      const [wideX, wideFilter] = [withZeros(x, 3), withZeros(filter, 2)];
      const result = kernelFunc({ ...given, inputs: { ...given.inputs, x: wideX, filter: wideFilter } });
      tf.dispose([wideX, wideFilter]);
      return result;
    },
  });
}
