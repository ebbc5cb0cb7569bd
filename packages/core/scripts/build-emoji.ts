/**
 * Draws the known set `emoji` into assets/emoji: `<class>/<name>-<style>.webp`, 150 × 150 on white, every emoji in two
 * styles, and LICENSE.txt with both sources' licences. Run by the package's build, or alone:
 * `node --import tsx packages/core/scripts/build-emoji.ts`.
 */
import { existsSync } from "node:fs";
import { mkdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import sharp from "sharp";
import * as z from "zod";

const require = createRequire(import.meta.url);
const OUT = resolve(import.meta.dirname, "../assets/emoji");
const SIZE = 150;
/** The drawing's side: a margin, because real photos seldom touch all four edges. */
const DRAWN = 130;
/** Lossy: 1.9 KB an image where PNG takes 20 KB. */
const WEBP = { quality: 82, effort: 4, smartSubsample: true } as const;

/** The class of each subgroup of Unicode's emoji list. */
const CLASS_OF_SUBGROUP: Readonly<Record<string, string>> = {
  "animal-mammal": "animal",
  "animal-bird": "animal",
  "animal-amphibian": "animal",
  "animal-reptile": "animal",
  "animal-marine": "animal",
  "animal-bug": "animal",
  "food-fruit": "food",
  "food-vegetable": "food",
  "food-prepared": "food",
  "food-asian": "food",
  "food-sweet": "food",
  drink: "food",
  "transport-ground": "transport",
  "transport-water": "transport",
  "transport-air": "transport",
};

/** In these subgroups by theme, but drawings of something else: a part of an animal, a sign, a thing beside the road. */
const LEFT_OUT = new Set([
  ...["paw prints", "pig nose", "feather", "wing", "spider web", "spiral shell", "coral", "microbe"],
  ...["salt", "ice"],
  ...["station", "bus stop", "motorway", "railway track", "oil drum", "fuel pump", "wheel"],
  ...["police car light", "horizontal traffic light", "vertical traffic light", "stop sign", "construction"],
  ...["anchor", "ring buoy", "seat"],
]);

const emojiSchema = z.array(
  z.object({ label: z.string(), hexcode: z.string(), subgroup: z.number().optional() }),
);
const groupsSchema = z.object({ subgroups: z.record(z.string(), z.string()) });

interface Emoji {
  readonly class: string;
  readonly name: string;
  readonly hexcode: string;
}

async function readJson(specifier: string): Promise<unknown> {
  return JSON.parse(await readFile(require.resolve(specifier), "utf8"));
}

async function listEmoji(): Promise<readonly Emoji[]> {
  const { subgroups } = groupsSchema.parse(await readJson("emojibase-data/meta/groups.json"));
  const data = emojiSchema.parse(await readJson("emojibase-data/en/data.json"));
  return data.flatMap(({ label, hexcode, subgroup }) => {
    const name = CLASS_OF_SUBGROUP[subgroups[String(subgroup)] ?? ""];
    if (name === undefined || LEFT_OUT.has(label)) return [];
    return [{ class: name, name: label.toLowerCase().replace(/[^a-z0-9]+/g, "-"), hexcode }];
  });
}

/** Folder of an installed package: neither has an entry point that `resolve` finds without naming a file. */
function packageFolder(name: string): string {
  return dirname(require.resolve(`${name}/package.json`));
}

/** The packages name a file with or without the variation selector FE0F, in no common way. */
function drawing(folder: string, hexcode: string, extension: string): string | undefined {
  const full = hexcode.toLowerCase();
  const bare = full.replaceAll("-fe0f", "");
  return [full, bare, `${bare}-fe0f`]
    .map((name) => join(folder, `${name}.${extension}`))
    .find((path) => existsSync(path));
}

async function draw(source: string, target: string): Promise<void> {
  // an SVG has no pixels of its own: 36 units drawn at 288 dpi are 144 pixels, then brought to size once
  const image = source.endsWith(".svg") ? sharp(source, { density: 288 }) : sharp(source);
  const margin = (SIZE - DRAWN) / 2;
  await image
    .resize(DRAWN, DRAWN, { fit: "contain", background: "#ffffff00" })
    .extend({ top: margin, bottom: margin, left: margin, right: margin, background: "#ffffff00" })
    .flatten({ background: "#ffffff" })
    .webp(WEBP)
    .toFile(target);
}

async function licence(): Promise<string> {
  const twemoji = await readFile(join(packageFolder("@twemoji/svg"), "license"), "utf8");
  const versions = await Promise.all(
    ["@lobehub/fluent-emoji-3d", "@twemoji/svg", "emojibase-data"].map(async (name) => {
      const manifest = z.object({ version: z.string() }).parse(await readJson(`${name}/package.json`));
      return `${name}@${manifest.version}`;
    }),
  );
  return [
    "The images of this folder are other people's work, resized onto a white square.",
    "",
    "*-fluent.webp   Fluent Emoji, Copyright (c) Microsoft Corporation, MIT licence",
    "                https://github.com/microsoft/fluentui-emoji",
    "                from @lobehub/fluent-emoji-3d, Copyright (c) 2023 LobeHub, MIT licence",
    "*-twemoji.webp  Twemoji, Copyright 2019 Twitter, Inc and other contributors, CC-BY 4.0",
    "                https://github.com/jdecked/twemoji  https://creativecommons.org/licenses/by/4.0/",
    "                from @twemoji/svg, Copyright (c) 2023 Samuel Kopp, MIT licence",
    "Classes and names from emojibase-data, Copyright (c) Miles Johnson, MIT licence, after Unicode's emoji list.",
    "",
    `Made from ${versions.join(", ")}.`,
    "",
    "The MIT licence (here as in @twemoji/svg; the other MIT sources differ in the copyright line only):",
    "",
    twemoji.trim(),
    "",
  ].join("\n");
}

/** Draws all images anew and replaces the folder in one step, so that a stopped build leaves no half set. */
export async function buildEmoji(): Promise<void> {
  const styles = [
    { style: "fluent", folder: join(packageFolder("@lobehub/fluent-emoji-3d"), "assets"), extension: "webp" },
    { style: "twemoji", folder: packageFolder("@twemoji/svg"), extension: "svg" },
  ];
  const temporary = `${OUT}.${process.pid}`;
  await rm(temporary, { recursive: true, force: true });
  for (const { class: folder, name, hexcode } of await listEmoji()) {
    const sources = styles.map((each) => drawing(each.folder, hexcode, each.extension));
    const [fluent, twemoji] = sources;
    // the newest emoji are in one package only; an emoji without its second style would teach the style
    if (fluent === undefined || twemoji === undefined) continue;
    await mkdir(join(temporary, folder), { recursive: true });
    await Promise.all([
      draw(fluent, join(temporary, folder, `${name}-fluent.webp`)),
      draw(twemoji, join(temporary, folder, `${name}-twemoji.webp`)),
    ]);
  }
  await writeFile(join(temporary, "LICENSE.txt"), await licence());
  await rm(OUT, { recursive: true, force: true });
  await rename(temporary, OUT);
}

if (process.argv[1] !== undefined && resolve(process.argv[1]) === fileURLToPath(import.meta.url))
  await buildEmoji();
