import type { ImageRule } from "../image/types.ts";
import type { Model } from "../model/types.ts";
import { NOT_SURE_TEXT, thresholdText, UNLIKE_TEXT } from "./likeness-snippet.ts";

/** How Pillow brings `photo` to the rule's square, by the arithmetic of image/rule.ts. */
function resizing({ size, fit, resize }: ImageRule): string[] {
  const filter = `Image.${resize.toUpperCase()}`;
  const whole = `photo = photo.resize((${size}, ${size}), ${filter})`;
  switch (fit) {
    case "stretch":
      return [whole];
    case "crop":
      return [
        "side = min(photo.size)",
        "left, top = ((length - side) // 2 for length in photo.size)",
        "photo = photo.crop((left, top, left + side, top + side))",
        whole,
      ];
    case "pad":
      return [
        `width, height = (max(1, int(length * ${size} / max(photo.size) + 0.5)) for length in photo.size)`,
        `square = Image.new("RGB", (${size}, ${size}), "white")`,
        `square.paste(photo.resize((width, height), ${filter}), ((${size} - width) // 2, (${size} - height) // 2))`,
        "photo = square",
      ];
    default:
      fit satisfies never;
      throw new TypeError("unknown fit");
  }
}

/** predict.py of an export for Python: a photo's probabilities from model.onnx, by onnxruntime and Pillow alone. */
export function pythonSnippet({
  rule,
  likeness,
  notSureBelow,
}: Pick<Model["manifest"], "rule" | "likeness" | "notSureBelow">): string {
  const [names, outputs] = likeness
    ? ["rows, distances", '"probabilities", "distance"']
    : ["(rows,)", '"probabilities"'];
  return [
    "import json, os, pathlib, sys",
    'os.environ["ORT_DISABLE_TELEMETRY"] = "1"  # before ONNX Runtime is loaded, which would report to its makers',
    "import numpy, onnxruntime",
    "from PIL import Image, ImageOps",
    "folder = pathlib.Path(__file__).parent",
    "photo = ImageOps.exif_transpose(Image.open(sys.argv[1]))",
    'if photo.mode.startswith("I;16"):  # Pillow would turn everything above 255 white',
    '    photo = Image.fromarray((numpy.asarray(photo) >> 8).astype("uint8"))',
    'photo = photo.convert("RGBA")',
    'photo = Image.alpha_composite(Image.new("RGBA", photo.size, "white"), photo).convert("RGB")',
    ...resizing(rule),
    'session = onnxruntime.InferenceSession(folder / "model.onnx")',
    `${names} = session.run([${outputs}], {"images": numpy.asarray(photo)[None]})`,
    'for label, probability in zip(json.loads((folder / "labels.json").read_text("utf-8")), rows[0]):',
    '    print(label, f"{probability:.4f}")',
    ...(notSureBelow === undefined
      ? []
      : [`if max(rows[0]) < ${notSureBelow}:`, `    print("${NOT_SURE_TEXT}")`]),
    ...(likeness
      ? [`if distances[0, 0] > ${thresholdText(likeness.threshold)}:`, `    print("${UNLIKE_TEXT}")`]
      : []),
    "",
  ].join("\n");
}
