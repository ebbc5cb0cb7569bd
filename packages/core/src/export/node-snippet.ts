import type { ImageRule } from "../image/types.ts";
import type { Model } from "../model/types.ts";
import { NOT_SURE_TEXT, thresholdText, UNLIKE_TEXT } from "./likeness-snippet.ts";

/** sharp's names for the rule's fits. */
const FITS: Readonly<Record<ImageRule["fit"], string>> = {
  stretch: 'fit: "fill"',
  crop: 'fit: "cover"',
  pad: 'fit: "contain", background: "white"',
};
/** sharp's names for the rule's filters: its "linear" is the triangle that Pillow's BILINEAR is. */
const KERNELS: Readonly<Record<ImageRule["resize"], string>> = { bilinear: "linear", nearest: "nearest" };

/** predict.mjs of an export for Node: a photo's probabilities from model.onnx, by onnxruntime-node and sharp alone. */
export function nodeSnippet({
  rule,
  likeness,
  notSureBelow,
}: Pick<Model["manifest"], "rule" | "likeness" | "notSureBelow">): string {
  const outputs = likeness ? "probabilities, distance" : "probabilities";
  const { size, fit, resize } = rule;
  const options = `${FITS[fit]}, kernel: "${KERNELS[resize]}", fastShrinkOnLoad: false`;
  return [
    'import { readFile } from "node:fs/promises";',
    'import sharp from "sharp";',
    'process.env.ORT_DISABLE_TELEMETRY = "1"; // before ONNX Runtime is loaded, which would report to its makers',
    'const { default: ort } = await import("onnxruntime-node");',
    "const read = (name) => readFile(new URL(name, import.meta.url));",
    'const session = await ort.InferenceSession.create(await read("model.onnx"));',
    "const { format } = await sharp(process.argv[2]).metadata();",
    'const failOn = format === "jpeg" ? "truncated" : "warning"; // reads a JPEG that is odd but complete, as graft does',
    'const photo = sharp(process.argv[2], { autoOrient: true, failOn }).flatten({ background: "white" });',
    `const pixels = await photo.resize(${size}, ${size}, { ${options} }).raw({ depth: "uchar" }).toBuffer();`,
    `const { ${outputs} } = await session.run({ images: new ort.Tensor("uint8", pixels, [1, ${size}, ${size}, 3]) });`,
    'JSON.parse(await read("labels.json")).forEach((label, i) => console.log(label, probabilities.data[i].toFixed(4)));',
    ...(notSureBelow === undefined
      ? []
      : [`if (Math.max(...probabilities.data) < ${notSureBelow}) console.log("${NOT_SURE_TEXT}");`]),
    ...(likeness
      ? [`if (distance.data[0] > ${thresholdText(likeness.threshold)}) console.log("${UNLIKE_TEXT}");`]
      : []),
    "",
  ].join("\n");
}
