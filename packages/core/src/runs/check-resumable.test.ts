import { describe, expect, it } from "vitest";
import { classesHash } from "../checkpoint/classes-hash.ts";
import { hashConfig } from "../checkpoint/hashes.ts";
import { parseTrainConfig } from "../config/parse-config.ts";
import { splitHash } from "../dataset/split.ts";
import type { Dataset, DatasetImage, Part, Split } from "../dataset/types.ts";
import { checkResumable, type ResumedWith } from "./check-resumable.ts";
import type { RunBeginning } from "./run-beginning.ts";
import { parseStoredImages, storedImages } from "./start-images.ts";

/** "birds/1" or "train/birds/1" and perhaps "=name" of its content; the content is else the last part of the path. */
function dataset(paths: readonly string[], isPresplit = false): Pick<Dataset, "labels" | "images"> {
  const places = paths.map((text) => {
    const [path = "", content = path.slice(path.lastIndexOf("/") + 1)] = text.split("=");
    const folders = path.split("/");
    const part = (["train", "validation", "test"] as const).find((name) => isPresplit && name === folders[0]);
    return { path, content, part, label: folders[part === undefined ? 0 : 1] ?? "" };
  });
  const labels = [...new Set(places.map(({ label }) => label))].sort();
  const images = places.map(
    ({ path, content, part, label }): DatasetImage => ({
      ...{ path, label: labels.indexOf(label), bytes: 1, ...(part ? { part } : {}) },
      hash: hashOf(content),
      facts: { format: "png", width: 9, height: 9, perceptualHash: "0".repeat(16) },
    }),
  );
  return { labels, images };
}
const hashOf = (content: string): string => Buffer.from(content).toString("hex").padEnd(64, "0").slice(0, 64);

const START = ["birds/b1", "birds/b2", "birds/b3", "cats/c1", "cats/c2", "cats/c3", "dogs/d1", "dogs/d2"];
const config = parseTrainConfig({});
const weights = {
  ...({ source: "file", origin: "/w.h5", sha256: "1".repeat(64), inputRange: [-1, 1] } as const),
};

interface Start {
  readonly isPresplit?: boolean;
  /** As an older graft noted it: no hashes, paths alone. */
  readonly isOld?: boolean;
  /** What images.json holds now. */
  readonly stored?: unknown;
  readonly kind?: Split["kind"];
}

/** What a run over these images noted: trained on all but those of a validation folder. */
async function beginning(paths: readonly string[], given: Start = {}): Promise<RunBeginning> {
  const { isPresplit = false, isOld = false, kind = isPresplit ? "given" : "drawn" } = given;
  const { labels, images } = dataset(paths, isPresplit);
  const of = (...parts: readonly (Part | undefined)[]): string[] =>
    [...new Set(images.filter(({ part }) => parts.includes(part)).map(({ hash }) => hash))].sort();
  const split: Split = {
    ...{ version: 1, kind, seed: 1, fraction: 0.2, test: of("test") },
    ...{ train: of("train", undefined), validation: of("validation") },
  };
  const began = {
    ...{ config: await hashConfig(config), split: await splitHash(split), labels: [...labels] },
    classes: await classesHash({ labels, images }, split),
  };
  const paths2 = Object.fromEntries(images.map(({ hash, path }) => [hash, path]));
  const stored = "stored" in given ? given.stored : isOld ? paths2 : storedImages({ labels, images });
  return {
    record: {
      ...{ id: "R", config, weights: { ...weights, inputRange: [-1, 1] } },
      ...(isOld ? { dataset: { labels: [...labels] } } : { began }),
    },
    split,
    images: parseStoredImages(JSON.parse(JSON.stringify(stored ?? null)), labels),
  };
}

/** The error's text, or undefined when the run may go on. */
async function refusal(
  start: RunBeginning,
  now: readonly string[],
  given: Partial<ResumedWith> & { readonly isPresplit?: boolean } = {},
): Promise<string | undefined> {
  const { isPresplit = false, ...other } = given;
  try {
    await checkResumable(start, { dataset: dataset(now, isPresplit), weights, ...other });
    return undefined;
  } catch (error) {
    expect(error).toMatchObject({ code: "conflict" });
    return error instanceof Error ? error.message : String(error);
  }
}

const renamed = (paths: readonly string[], from: string, to: string): string[] =>
  paths.map((path) => path.replace(from, to));

describe.each([
  ["a run", {}],
  ["a run of an older graft", { isOld: true }],
] as const)("%s goes on", (_, start) => {
  it.each([
    ["as it was", START],
    ["with an image moved inside its class, or renamed", renamed(START, "birds/b1", "birds/inner/other=b1")],
    ["with more images in a class, which it does not take", [...START, "birds/b9", "dogs/d9"]],
    ["with a second copy in the same class", [...START, "birds/copy=b1"]],
  ])("%s", async (_name, now) => {
    expect(await refusal(await beginning(START, start), now)).toBeUndefined();
  });

  it.each([
    ["a class renamed", renamed(START, "birds", "zebras"), "its classes changed (birds → zebras)."],
    ["a class renamed in case alone", renamed(START, "birds", "Birds"), "(birds → Birds)"],
    [
      "classes that changed their names with each other",
      START.map(
        (path) =>
          ({ b: path.replace("birds", "cats"), c: path.replace("cats", "birds") })[path[0] ?? ""] ?? path,
      ),
      "its classes changed (birds → cats, cats → birds).",
    ],
    [
      "all classes renamed one on",
      START.map((path) => path.replace("dogs", "eels").replace("cats", "dogs").replace("birds", "cats")),
      "(birds → cats, cats → dogs, dogs → eels)",
    ],
    [
      "a class more",
      [...START, "eels/e1"],
      "its classes changed (eels is new). Received: birds, cats, dogs, eels. Expected: birds, cats, dogs, as at the start.",
    ],
    [
      "a class less",
      START.filter((path) => !path.startsWith("birds")),
      "its classes changed (birds is gone)",
    ],
    ["a class that went into another", renamed(START, "birds", "cats"), "(birds → cats)"],
    [
      "an image in another class",
      renamed(START, "cats/c1", "dogs/c1"),
      "1 of its images is in a different class from the one at the start. Received: cats/c1 (now dogs/c1). Expected: the 8 images that it was started with, in the class that each had at the start. Move it back",
    ],
    [
      "images in other classes",
      renamed(renamed(START, "cats/c1", "dogs/c1"), "birds/b2", "cats/b2"),
      "2 of its images are in a different class from the one at the start. Received: birds/b2 (now cats/b2), cats/c1 (now dogs/c1).",
    ],
    [
      "an image that is in a second class too",
      [...START, "dogs/copy=c1"],
      "1 of its images is in a different class from the one at the start. Received: cats/c1 (now also dogs/copy).",
    ],
    [
      "an image that is gone",
      START.filter((path) => path !== "cats/c1"),
      "1 of its images is gone or changed. Received: cats/c1 (gone). Expected: the 8 images that it was started with. Put it back",
    ],
    [
      "images that changed",
      renamed(renamed(START, "cats/c1", "cats/c1=other"), "dogs/d1", "dogs/d1=x"),
      "2 of its images are gone or changed. Received: cats/c1 (changed), dogs/d1 (changed).",
    ],
  ])("not with %s", async (_name, now, expected) => {
    const said = await refusal(await beginning(START, start), now);
    expect(said).toMatch(/^The run R cannot resume: /);
    expect(said).toContain(expected);
  });
});

describe("a run whose folders are its parts", () => {
  const given = [
    "train/a/1",
    "train/a/2",
    "train/b/3",
    "train/b/4",
    "validation/a/5",
    "validation/b/6",
    "test/a/7",
  ];
  const [start, old] = [
    beginning(given, { isPresplit: true }),
    beginning(given, { isPresplit: true, isOld: true }),
  ];

  it.each([start, old])("does not go on with an image in another part", async (began) => {
    const now = renamed(given, "train/a/1", "validation/a/1");
    expect(await refusal(await began, now, { isPresplit: true })).toContain(
      "1 of its images is in a different part from the one at the start. Received: train/a/1 (now validation/a/1).",
    );
  });

  it("goes on with other test images, and with an image that is on both sides as at the start", async () => {
    const both = [...given, "validation/a/copy=1"];
    const began = await beginning(both, { isPresplit: true });
    expect(
      await refusal(began, both.slice(0, -2).concat("validation/a/copy=1", "test/b/8"), { isPresplit: true }),
    ).toBeUndefined();
  });

  it("does not go on, its split drawn, with an image that was put among those of the test", async () => {
    const drawn = ["train/a/1", "train/a/2", "train/b/3", "test/a/7"];
    const began = await beginning(drawn, { isPresplit: true, kind: "drawn" });
    expect(await refusal(began, drawn, { isPresplit: true })).toBeUndefined();
    expect(await refusal(began, renamed(drawn, "train/a/2", "test/a/2"), { isPresplit: true })).toContain(
      "in a different part from the one at the start. Received: train/a/2 (now test/a/2)",
    );
  });
});

describe("a run whose images.json is missing or cut", () => {
  it.each([undefined, "half", { version: 2 }])(
    "goes on with what it began with, and with nothing else (%j)",
    async (stored) => {
      const began = await beginning(START, { stored });
      expect(await refusal(began, START)).toBeUndefined();
      expect(await refusal(began, renamed(START, "cats/c1", "dogs/c1"))).toMatch(
        /^The run R cannot resume: its images, or the classes that they are in, changed\..*images.json is missing/,
      );
      expect(await refusal(began, renamed(START, "birds", "zebras"))).toContain(
        "its classes changed (birds is gone, zebras is new)",
      );
      expect(await refusal(began, START.slice(1))).toContain(`an image with sha256 ${hashOf("b1")} (gone)`);
    },
  );
});

it("keeps the order of classes whose names are whole numbers", async () => {
  const numbers = ["1/a", "10/b", "2/c"];
  expect(await refusal(await beginning(numbers), numbers)).toBeUndefined();
  expect(await refusal(await beginning(numbers), ["1/a", "10/c", "2/b"])).toContain("(10 → 2, 2 → 10)");
});

it("takes a class that is named like a folder inside another one by its own name", async () => {
  const nested = ["cats/dogs/1", "cats/2", "dogs/3", "dogs/cats/4"];
  for (const isOld of [false, true]) {
    const began = await beginning(nested, { isOld });
    expect(await refusal(began, nested)).toBeUndefined();
  }
});

describe("a run's weights", () => {
  it("are those it began with", async () => {
    const began = await beginning(START);
    const other = { ...weights, origin: "/w.keras", sha256: "2".repeat(64) };
    expect(await refusal(began, START, { weights: other })).toBe(
      "The run R cannot resume: the trunk's weights changed. Received: /w.keras with sha256 222222222222. Expected: /w.h5 with sha256 111111111111, as at the start. Put the former weights back in the same place, or start a new run.",
    );
    expect(await refusal(await beginning(START, { isOld: true }), START, { weights: other })).toContain(
      "the trunk's weights changed",
    );
    expect(await refusal(began, START, { weights: { ...weights, inputRange: [0, 1] } })).toContain(
      "the input range of the trunk's weights changed. Received: [0, 1]. Expected: [-1, 1]",
    );
    // the same numbers in another file
    expect(await refusal(began, START, { weights: { ...weights, origin: "/moved.h5" } })).toBeUndefined();
  });
});

it("does not go on with a config or a split that was edited", async () => {
  const began = await beginning(START);
  const edited = { ...began.record, config: parseTrainConfig({ learningRate: 0.5 }) };
  expect(await refusal({ ...began, record: edited }, START)).toContain("its options changed");
  const split = {
    ...began.split,
    train: began.split.train.slice(1),
    validation: began.split.train.slice(0, 1),
  };
  expect(await refusal({ ...began, split }, START)).toContain("its split changed");
  // another engine may go on with it
  const moved = { ...began.record, config: parseTrainConfig({ backend: "wasm" }) };
  expect(await refusal({ ...began, record: moved }, START)).toBeUndefined();
});
