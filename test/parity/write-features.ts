/** For compare_keras.py: IMAGES.npy FEATURES.npy WEIGHTS CUT LOW,HIGH → features of uint8 images [n, size, size, 3] by onnx:cpu. */
import { readFileSync, writeFileSync } from "node:fs";
import { createOnnxBackend } from "@graft/backend-select";
import { parseNpy, trunkGraph } from "@graft/core";
import { loadWeights } from "@graft/core/node";
import { writeNpy } from "@graft/core/testing";

const [imagesPath = "", featuresPath = "", weightsPath = "", cut = "", range = ""] = process.argv.slice(2);
const { shape, data } = parseNpy(readFileSync(imagesPath));
if (!(data instanceof Uint8Array)) throw new TypeError(`${imagesPath} is not uint8`);
const [low = Number.NaN, high = Number.NaN] = range.split(",").map(Number);
const weights = await loadWeights({
  weights: weightsPath,
  inputRange: [low, high],
  home: "",
  env: {},
  fetch: () => Promise.reject(new Error("the weights are a file")),
});
await using backend = await createOnnxBackend({ provider: "cpu" });
const graph = trunkGraph(weights, { cut, size: shape[1] ?? 0, pool: "none" });
const program = await backend.compile(graph);
const { features } = await program.run({ images: { shape, data } });
if (!(features?.data instanceof Float32Array)) throw new TypeError("the trunk gave no features");
writeFileSync(featuresPath, writeNpy({ shape: features.shape, data: features.data }));
