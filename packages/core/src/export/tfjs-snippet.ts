import type { ImageRule } from "../image/types.ts";
import type { Model } from "../model/types.ts";
import { NOT_SURE_TEXT, tfjsLikeness } from "./likeness-snippet.ts";

/** The canvas call that lays a photo onto a square, by the rule's fit. */
function drawing({ fit, size }: ImageRule): string {
  switch (fit) {
    case "stretch":
      return `context.drawImage(photo, 0, 0, ${size}, ${size});`;
    case "crop":
      return [
        "const { width: w, height: h } = photo, side = Math.min(w, h);",
        `context.drawImage(photo, (w - side) / 2, (h - side) / 2, side, side, 0, 0, ${size}, ${size});`,
      ].join("\n");
    case "pad":
      return [
        `const scale = ${size} / Math.max(photo.width, photo.height), w = photo.width * scale, h = photo.height * scale;`,
        `context.drawImage(photo, (${size} - w) / 2, (${size} - h) / 2, w, h);`,
      ].join("\n");
    default:
      fit satisfies never;
      throw new TypeError("unknown fit");
  }
}

/** `x` in 0 … 255 brought into the weights' range, as a formula. */
export function scaleFormula([low, high]: readonly [number, number]): string {
  const factor = high - low === 1 ? "" : ` * ${high - low}`;
  const offset = low === 0 ? "" : ` ${low < 0 ? "-" : "+"} ${Math.abs(low)}`;
  return `x / 255${factor}${offset}`;
}

/** A page's whole code to use the model with @tensorflow/tfjs and nothing else. */
export function tfjsSnippet(manifest: Model["manifest"]): string {
  const { rule, labels, head, weights, notSureBelow } = manifest;
  const [low, high] = weights.inputRange;
  const { before, after } = tfjsLikeness(manifest);
  const probabilities = head.activation === "sigmoid" ? "probabilities" : "output";
  const smoothing =
    rule.resize === "nearest" ? "imageSmoothingEnabled: false" : 'imageSmoothingQuality: "high"';
  return [
    'import * as tf from "@tensorflow/tfjs";',
    `const labels = ${JSON.stringify(labels)};`,
    'const model = await tf.loadLayersModel("model.json");',
    'const photo = await createImageBitmap(document.querySelector("img"));',
    `const canvas = Object.assign(document.createElement("canvas"), { width: ${rule.size}, height: ${rule.size} });`,
    `const context = Object.assign(canvas.getContext("2d"), { ${smoothing}, fillStyle: "white" });`,
    `context.fillRect(0, 0, ${rule.size}, ${rule.size});`,
    drawing(rule),
    `const input = tf.browser.fromPixels(canvas).toFloat().div(255).mul(${high - low}).add(${low}).expandDims(0);`,
    ...before,
    // an exported LayersModel has a column a class where this folder's has one
    ...(head.activation === "sigmoid"
      ? ["const probabilities = output.length === 1 ? [1 - output[0], output[0]] : output;"]
      : []),
    `labels.forEach((label, i) => console.log(label, ${probabilities}[i]));`,
    ...(notSureBelow === undefined
      ? []
      : [`if (Math.max(...${probabilities}) < ${notSureBelow}) console.log("${NOT_SURE_TEXT}");`]),
    ...after,
  ].join("\n");
}
