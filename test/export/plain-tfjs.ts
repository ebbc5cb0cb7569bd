import { createReadStream } from "node:fs";
import { createServer, type Server } from "node:http";
import { join } from "node:path";
import type { Model } from "@graft/core";
import * as tf from "@tensorflow/tfjs-core";
import { type LayersModel, loadLayersModel } from "@tensorflow/tfjs-layers";
import "@tensorflow/tfjs-backend-wasm";

/** A folder over HTTP, as a web page would get it. */
async function serveFolder(folder: string): Promise<{ readonly url: string; readonly server: Server }> {
  const server = createServer((request, response) => {
    createReadStream(join(folder, request.url ?? "")).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (typeof address !== "object" || address === null) throw new TypeError("the server listens on a port");
  return { url: `http://127.0.0.1:${address.port}`, server };
}

/** Opens a model folder with TensorFlow.js alone, over HTTP; nothing of graft takes part. */
export async function openInPlainTfjs(folder: string): Promise<LayersModel> {
  await tf.setBackend("wasm");
  const { url, server } = await serveFolder(folder);
  try {
    return await loadLayersModel(`${url}/model.json`);
  } finally {
    server.closeAllConnections();
    server.close();
  }
}

/** The model's outputs [images][units] by the rule that its card gives: x / 255 · (high − low) + low. */
export async function outputsOf(
  network: LayersModel,
  { manifest }: Model,
  images: readonly Uint8Array[],
): Promise<number[][]> {
  const { rule, weights } = manifest;
  const [low, high] = weights.inputRange;
  const output = tf.tidy(() => {
    const pixels = images.map((image) => tf.tensor3d(image, [rule.size, rule.size, 3], "float32"));
    const scaled = tf.add(tf.mul(tf.div(tf.stack(pixels), 255), high - low), low);
    const result = network.predict(scaled);
    if (Array.isArray(result)) throw new TypeError("the model has one output");
    return result;
  });
  const data = await output.data();
  const [, units = 1] = output.shape;
  output.dispose();
  return images.map((_, i) => Array.from(data.slice(i * units, (i + 1) * units)));
}
