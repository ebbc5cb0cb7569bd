import type { Model } from "../model/types.ts";
import { UNLIKE_TEXT } from "./likeness-snippet.ts";
import { nodeSnippet } from "./node-snippet.ts";
import { pythonSnippet } from "./python-snippet.ts";

/** For whom a folder is: a Node or a Python user. */
export type SnippetLanguage = "node" | "python";

/** Names of such a folder's files. */
export const SNIPPET_FILES = {
  node: ["model.onnx", "labels.json", "predict.mjs", "package.json", "README.md"],
  python: ["model.onnx", "labels.json", "predict.py", "requirements.txt", "README.md"],
} as const satisfies Readonly<Record<SnippetLanguage, readonly string[]>>;

/** What predict.mjs needs: the versions that graft itself runs on, or newer. */
export const NODE_DEPENDENCIES = { "onnxruntime-node": "^1.30.0", sharp: "^0.35.5" } as const;

/** What the second output of model.onnx is, and how the program uses it. */
function likenessText({ likeness }: Model["manifest"]): string[] {
  if (!likeness) return [];
  const { threshold, keptShare } = likeness;
  const wrongly = Math.round(100 * (1 - keptShare));
  return [
    `It also gives \`distance\`, float32 [n, 1]: how far a picture is from those that were learned from. Above ${threshold.toFixed(3)} the program says`,
    `"${UNLIKE_TEXT}"; of ordinary pictures ${wrongly} in 100 are called so too, and of pictures of something else many are not.`,
    "",
  ];
}

function readme(manifest: Model["manifest"], language: SnippetLanguage): string {
  const { labels, rule, weights } = manifest;
  const commands = {
    node: ["npm install", "node predict.mjs photo.jpg"],
    python: ["pip install -r requirements.txt", "python predict.py photo.jpg"],
  }[language];
  const resizing = {
    node: "sharp, which predict.mjs resizes with, rounds pixels a little otherwise than graft (Pillow's arithmetic), so its\nprobabilities differ from `graft predict` in the second or third decimal.",
    python:
      "Pillow resizes by the same arithmetic as graft. What is left between predict.py and `graft predict` is how the two\ndecode a file: JPEGs and PNGs give the same pixels or almost so; an embedded colour profile is applied by graft alone.",
  }[language];
  return [
    `# A photo's class: ${labels.map((label) => label.replace(/[\\`*_[\]<>|#]/g, "\\$&").replace(/\s+/g, " ")).join(", ")}`,
    "",
    "```",
    ...commands,
    "```",
    "",
    `model.onnx takes \`images\`, uint8 [n, ${rule.size}, ${rule.size}, 3], RGB, and gives \`probabilities\`, float32 [n, ${labels.length}], in the order of`,
    `labels.json. It scales pixels to ${weights.inputRange.join(" … ")} itself. Its metadata has \`labels\`, \`imageRule\`, \`inputRange\` and \`graftVersion\`.`,
    "",
    ...likenessText(manifest),
    "On the same pixels it agreed with graft to 1e-4 when it was written, on real images.",
    resizing,
    "Pictures of 10, 12 or 14 bits in 16, of decimal numbers, and of more bands than their colours are brought to 8-bit RGB\nby graft alone: save such a picture so before.",
    "",
  ].join("\n");
}

/** The texts of a folder for a language's users, by file name; model.onnx is not among them. */
export function snippetFiles(
  manifest: Model["manifest"],
  language: SnippetLanguage,
): ReadonlyMap<string, string> {
  const own: readonly (readonly [string, string])[] =
    language === "node"
      ? [
          ["predict.mjs", nodeSnippet(manifest)],
          [
            "package.json",
            `${JSON.stringify({ private: true, type: "module", dependencies: NODE_DEPENDENCIES }, null, 2)}\n`,
          ],
        ]
      : [
          ["predict.py", pythonSnippet(manifest)],
          ["requirements.txt", "numpy\nonnxruntime\npillow\n"],
        ];
  return new Map([
    ["labels.json", `${JSON.stringify(manifest.labels)}\n`],
    ...own,
    ["README.md", readme(manifest, language)],
  ]);
}
