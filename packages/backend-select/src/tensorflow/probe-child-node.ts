// Entry of the process in which probe-node.ts tries an engine: FOLDER NAME
import { writeSync } from "node:fs";
import * as tf from "@tensorflow/tfjs-core";
import { loadAddon } from "./addon-node.ts";
import type { EngineName } from "./engine-folder-node.ts";
import { probeLine } from "./probe-node.ts";

/** A convolution of ones and its kernel's gradient, whose numbers anyone can count. */
function compute(): readonly number[] {
  const x = tf.ones<tf.Rank.R4>([1, 8, 8, 3]);
  const y = tf.conv2d(x, tf.ones<tf.Rank.R4>([3, 3, 3, 4]), 1, "same");
  const gradient = tf
    .engine()
    .runKernel<tf.Tensor>(
      tf.Conv2DBackpropFilter,
      { x, dy: tf.onesLike(y) },
      { strides: [1, 1], pad: "same", dataFormat: "NHWC", filterShape: [3, 3, 3, 4] },
    );
  return [tf.sum(y).dataSync()[0] ?? 0, gradient.dataSync()[0] ?? 0];
}

async function probe(folder: string, name: EngineName): Promise<void> {
  const addon = await loadAddon(folder, name);
  const numbers = compute().join(", ");
  if (numbers !== "5808, 49")
    throw new Error(`It computes wrong numbers. Received: ${numbers}. Expected: 5808, 49.`);
  writeSync(1, `${probeLine(addon)}\n`);
}

const [folder = "", given] = process.argv.slice(2);
try {
  await probe(folder, given === "tensorflow-cuda" ? given : "tensorflow");
} catch (error) {
  writeSync(2, `${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
