import type { Model } from "../model/types.ts";
import { NOT_SURE_TEXT, UNLIKE_TEXT } from "./likeness-snippet.ts";
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
    `It also gives \`distance\`, float32 [n, 1]: how far a picture is from those that the model learned from. Above ${threshold.toFixed(3)} the program says`,
    `"${UNLIKE_TEXT}"; it says so of ${wrongly} in 100 ordinary pictures too, and misses many pictures of something else.`,
    "",
  ];
}

function notSureText({ notSureBelow }: Model["manifest"]): string[] {
  if (notSureBelow === undefined) return [];
  return [
    `Where no class has at least ${notSureBelow}, the program says "${NOT_SURE_TEXT}" below the numbers.`,
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
    node: "predict.mjs resizes with sharp, which rounds pixels a little differently from graft (Pillow's arithmetic), so its\nprobabilities differ from those of `graft predict` in the second or third decimal place.",
    python:
      "Pillow resizes with the same arithmetic as graft. predict.py and `graft predict` differ only in how they decode a file:\nJPEGs and PNGs give the same pixels or almost the same; only graft applies an embedded colour profile.",
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
    ...notSureText(manifest),
    ...likenessText(manifest),
    "When graft wrote it, it agreed with graft to 1e-4 on the same pixels of real images.",
    resizing,
    "Only graft converts pictures with 10, 12 or 14 of 16 bits in use, with decimal numbers, or with more bands than their\ncolours to 8-bit RGB: save such a picture as 8-bit RGB first.",
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
