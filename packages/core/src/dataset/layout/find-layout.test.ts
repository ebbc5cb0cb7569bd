import { describe, expect, test } from "vitest";
import { findLayout, type LayoutOptions } from "./find-layout.ts";
import { parseLabelTable } from "./label-table.ts";

/** "a/%.jpg 3" stands for a/0.jpg, a/1.jpg, a/2.jpg. */
function paths(...patterns: readonly string[]): readonly string[] {
  return patterns.flatMap((pattern) => {
    const [path = "", count = "1"] = pattern.split(" × ");
    return Array.from({ length: Number(count) }, (_, at) => path.replaceAll("%", String(at)));
  });
}

const listingOf = (files: readonly string[]) => ({
  ...{ passed: [], skipped: [], broken: [], closed: [] },
  files: files.map((path) => ({ path, location: `/set/${path}` })),
  folders: [
    ...new Set(
      files.flatMap((path) =>
        path
          .split("/")
          .slice(0, -1)
          .map((_, at, names) => names.slice(0, at + 1).join("/")),
      ),
    ),
  ],
});

interface Shape extends LayoutOptions {
  /** Tables by path. */
  readonly texts?: Readonly<Record<string, string>>;
}

async function layoutOf(files: readonly string[], { texts = {}, ...options }: Shape = {}) {
  const tables = async () =>
    Object.entries(texts).flatMap(
      ([path, text]) => parseLabelTable(path, path.split("/").slice(0, -1).join("/"), text) ?? [],
    );
  return findLayout("set", listingOf([...files, ...Object.keys(texts)]), { tables, ...options });
}

/** Images of each class and part: {"train/cats": 12}. */
async function understood(files: readonly string[], shape: Shape = {}) {
  const { placed, notes, labels } = await layoutOf(files, shape);
  const counts: Record<string, number> = {};
  for (const { label, part } of placed.values()) {
    const key = part === undefined ? label : `${part}/${label}`;
    counts[key] = (counts[key] ?? 0) + 1;
  }
  return {
    labels,
    counts,
    codes: notes.map(({ code }) => code),
    text: notes.map(({ message }) => message).join("\n"),
  };
}

const refusal = async (files: readonly string[], shape: Shape = {}): Promise<string> =>
  layoutOf(files, shape).then(
    ({ labels }) => `taken: ${labels}`,
    (error: unknown) => (error instanceof Error ? error.message : String(error)),
  );

describe("parts by name", () => {
  test.each([
    ["training_set", "test_set"],
    ["seg_train/seg_train", "seg_test/seg_test"],
    ["train_images", "eval"],
    ["Train Data", "Testing Data"],
    ["train2017", "val2017"],
    ["01_training", "02_validation"],
    ["pets_train", "pets_test"],
    ["trainA", "testA"],
  ])("%s and %s with the same class folders are parts, and that is said", async (train, other) => {
    const files = paths(
      ...["cats", "dogs"].flatMap((label) => [
        `set/${train}/${label}/%.jpg × 4`,
        `set/${other}/${label}/%.jpg × 2`,
      ]),
    );
    const { labels, counts, codes } = await understood(files);
    expect(labels).toEqual(["cats", "dogs"]);
    expect(counts["train/cats"]).toBe(4);
    expect(Object.values(counts).reduce((sum, count) => sum + count)).toBe(12);
    expect(codes).toEqual(["parts"]);
  });

  test("plain names need no word", async () => {
    const files = paths("train/a/%.jpg × 2", "train/b/%.jpg × 2", "valid/a/%.jpg", "Test/b/%.jpg");
    expect(await understood(files)).toMatchObject({
      counts: { "train/a": 2, "train/b": 2, "validation/a": 1, "test/b": 1 },
      codes: [],
    });
  });

  test("a class may be called train, also beside classes that hold folders", async () => {
    const flat = await understood(paths("bus/%.jpg", "car/%.jpg", "train/%.jpg"));
    expect([flat.labels, flat.codes]).toEqual([["bus", "car", "train"], []]);
    const deep = await understood(
      paths("bus/red/%.jpg", "bus/blue/%.jpg", "train/steam/%.jpg", "train/diesel/%.jpg"),
    );
    expect(deep.labels).toEqual(["bus", "train"]);
  });

  test("a test folder without class folders is not used, with its count; a validation folder is refused", async () => {
    const classes = paths("train/a/%.jpg × 3", "train/b/%.jpg × 3");
    const { codes, text } = await understood([...classes, ...paths("test/%.jpg × 20")]);
    expect(codes).toEqual(["unlabelled-folder"]);
    expect(text).toBe("test holds 20 images and no class folders: they are not used");
    expect(await refusal([...classes, ...paths("val/%.jpg × 20")])).toContain(
      "val holds 20 images and no class folders",
    );
  });

  test("images of one dummy folder in test are not scored; a class spelled otherwise is refused; validation is strict", async () => {
    const classes = paths("train/cats/%.jpg × 3", "train/dogs/%.jpg × 3");
    const { counts, text } = await understood([...classes, ...paths("test/unknown/%.jpg × 6")]);
    expect(counts).toEqual({ "train/cats": 3, "train/dogs": 3 });
    expect(text).toBe("test/unknown is no class of train: 6 images are not scored");
    expect(await refusal([...classes, ...paths("test/Cats/%.jpg")])).toContain("lacks: test/Cats/");
    expect(await refusal([...classes, ...paths("validation/unknown/%.jpg")])).toContain(
      "lacks: validation/unknown/",
    );
  });

  test("a folder beside the parts, and loose images, are counted", async () => {
    const files = paths(
      "seg_train/a/%.jpg × 3",
      "seg_train/b/%.jpg × 3",
      "seg_train/loose%.jpg × 2",
      "seg_pred/%.jpg × 7",
      "seg_test/a/%.jpg",
    );
    const { codes, text } = await understood(files);
    expect(codes).toEqual(["parts", "unlabelled-folder", "loose-files"]);
    expect(text).toContain("seg_pred holds 7 images and no class folders: they are not used");
    expect(text).toContain(
      "2 files lie beside the class folders and are not used, such as seg_train/loose0.jpg",
    );
  });
});

describe("folders beside a train folder", () => {
  test.each(["Meta", "unlabeled", "holdout", "predictions", "samples for report"])("%s", async (beside) => {
    const { labels, text } = await understood(
      paths("Train/0/%.png × 3", "Train/1/%.png × 3", "Test/%.png × 3", `${beside}/x%.png × 2`),
    );
    expect(labels).toEqual(["0", "1"]);
    expect(text).toContain(`${beside} holds 2 images and no class folders: they are not used`);
  });

  test("parts inside of each class are parts", async () => {
    const files = ["cat", "dog"].flatMap((label) =>
      paths(`${label}/train/%.jpg × 4`, `${label}/test/%.jpg × 2`),
    );
    const { counts, codes } = await understood(files);
    expect(counts).toEqual({ "train/cat": 4, "test/cat": 2, "train/dog": 4, "test/dog": 2 });
    expect(codes).toEqual(["parts"]);
  });

  test("folders without an image are no classes; archives that are not read are named", async () => {
    const { labels, text } = await understood([
      ...paths("cats/%.jpg × 3", "dogs/%.jpg × 3", "annotations/%.xml × 3"),
      "owls.rar",
    ]);
    expect(labels).toEqual(["cats", "dogs"]);
    expect(text).toBe("owls.rar is an archive that is not read: unpack it, or pack .zip or .tar.gz");
    expect(await refusal(["cats.rar", "dogs.rar"])).toContain(
      "It holds cats.rar, dogs.rar, which must be unpacked first",
    );
  });
});

describe("equal folders", () => {
  test.each([
    ["cameras", ["amazon", "webcam", "dslr"]],
    ["kinds of pictures", ["color", "grayscale", "segmented"]],
    ["folds", ["fold1", "fold2"]],
    ["ripeness", ["fresh", "rotten"]],
  ])("%s that hold the same folders are refused, with what to type", async (_, roots) => {
    const files = roots.flatMap((root) => paths(`${root}/apple/%.jpg × 2`, `${root}/pear/%.jpg × 2`));
    const text = await refusal(files);
    expect(text).toContain(`${roots.toSorted().join(", ")} hold the same folders (apple, pear)`);
    expect(text).toContain("--labels-from inner-folders");
    const outer = await understood(files, { labelsFrom: { type: "folders" } });
    expect(outer.labels).toEqual([...roots].sort());
    const inner = await understood(files, { labelsFrom: { type: "inner-folders" } });
    expect(inner.counts).toEqual({ apple: 2 * roots.length, pear: 2 * roots.length });
  });

  test("one level deeper they are refused too; one inner folder in each is told of", async () => {
    const deep = ["teamA", "teamB"].flatMap((team) =>
      paths(`${team}/data/cat/%.jpg × 2`, `${team}/data/dog/%.jpg × 2`),
    );
    expect(await refusal(deep)).toContain("teamA, teamB hold the same folders (cat, dog)");
    expect((await understood(paths("a/cats/%.jpg × 3", "b/dogs/%.jpg × 3"))).codes).toEqual([
      "joined-folders",
    ]);
  });

  test("folders of other names below are super-classes: taken and said; years are nothing", async () => {
    const files = paths("animal/cat/%.jpg", "animal/dog/%.jpg", "plant/rose/%.jpg", "plant/tree/%.jpg");
    expect(await understood(files)).toMatchObject({ labels: ["animal", "plant"], codes: ["joined-folders"] });
    const years = paths("cats/2019/%.jpg", "cats/2020/%.jpg", "dogs/2019/%.jpg", "dogs/2020/%.jpg");
    expect(await understood(years)).toMatchObject({ labels: ["cats", "dogs"], codes: [] });
  });

  test("a copy of all folders inside is left out; with other files it is refused", async () => {
    const classes = paths("set/cats/%.jpg × 5", "set/dogs/%.jpg × 5");
    const copy = paths("set/set/cats/%.jpg × 5", "set/set/dogs/%.jpg × 5");
    expect(await understood([...classes, ...copy])).toMatchObject({
      counts: { cats: 5, dogs: 5 },
      codes: ["nested-copy"],
    });
    expect(
      await refusal([...classes, ...paths("set/more/cats/x%.jpg × 5", "set/more/dogs/x%.jpg × 5")]),
    ).toContain("set/more holds folders that are called as those beside it");
  });
});

describe("photo and mask", () => {
  test("photos of one kind and their masks are no two classes", async () => {
    const text = await refusal(paths("images/pet_%.jpg × 24", "masks/pet_%.png × 24"));
    expect(text).toContain("images and masks hold files of the same names (24 of 24)");
  });

  test("pets: breeds in the names of the photos, trimaps left out", async () => {
    const files = paths(
      "images/Abyssinian_%.jpg × 9",
      "images/great_pyrenees_%.jpg × 9",
      "annotations/trimaps/Abyssinian_%.png × 9",
      "annotations/trimaps/great_pyrenees_%.png × 9",
      "annotations/list.txt",
    );
    expect(await understood(files)).toMatchObject({
      counts: { Abyssinian: 9, great_pyrenees: 9 },
      codes: ["masks", "labels-from-names"],
    });
  });

  test("masks in every class, and beside their photo in one folder", async () => {
    const inClasses = paths(
      "COVID/images/COVID-%.png × 5",
      "COVID/masks/COVID-%.png × 5",
      "Normal/images/Normal-%.png × 5",
      "Normal/masks/Normal-%.png × 5",
    );
    expect(await understood(inClasses)).toMatchObject({ counts: { COVID: 5, Normal: 5 }, codes: ["masks"] });
    const beside = ["benign", "malignant"].flatMap((label) =>
      paths(`${label}/${label} (%).png × 4`, `${label}/${label} (%)_mask.png × 4`),
    );
    const { counts, text } = await understood(beside);
    expect(counts).toEqual({ benign: 4, malignant: 4 });
    expect(text).toContain("8 masks are left out");
  });

  test.each([
    [
      "with_mask and without_mask",
      paths("with_mask/with_mask_%.jpg × 9", "without_mask/without_mask_%.jpg × 9"),
    ],
    ["mask and no_mask, numbered alike", paths("mask/%.jpg × 9", "no_mask/%.jpg × 9")],
    ["mask and no_mask, in other formats", paths("mask/%.jpg × 9", "no_mask/%.png × 9")],
    ["mask and nothing, numbered by a camera", paths("mask/IMG_%.jpg × 9", "face/IMG_%.jpg × 9")],
  ])("%s are classes", async (_, files) => {
    const { codes, counts } = await understood(files);
    expect([codes, Object.values(counts)]).toEqual([[], [9, 9]]);
  });
});

describe("labels in names", () => {
  test.each([
    ["dogs-vs-cats", paths("train/cat.%.jpg × 5", "train/dog.%.jpg × 5"), { cat: 5, dog: 5 }],
    ["loose", paths("cat (%).jpg × 5", "dog (%).jpg × 5"), { cat: 5, dog: 5 }],
    ["number first", paths("00%_cat.jpg × 3", "01%_dog.jpg × 3"), { cat: 3, dog: 3 }],
    ["no sign between", paths("x/apple%.jpg × 3", "x/pear%.jpg × 3"), { apple: 3, pear: 3 }],
  ])("%s: read, and said", async (_, files, counts) => {
    const result = await understood(files);
    expect(result.counts).toEqual(counts);
    expect(result.codes).toEqual(["labels-from-names"]);
  });

  test("flat parts keep their parts; a test without labels is left out with a line", async () => {
    const files = paths(
      "train/cat.%.jpg × 6",
      "train/dog.%.jpg × 6",
      "valid/cat.%.jpg × 2",
      "valid/dog.%.jpg × 2",
      "test/%.jpg × 4",
    );
    const { counts, codes, text } = await understood(files);
    expect(counts).toEqual({ "train/cat": 6, "train/dog": 6, "validation/cat": 2, "validation/dog": 2 });
    expect(codes).toEqual(["labels-from-names", "unlabelled-images"]);
    expect(text).toContain("4 images have no label in their names and are left out, such as test/0.jpg");
  });

  test.each([
    ["camera names", paths("train/IMG_%.jpg × 5", "train/DSC_%.jpg × 5", "valid/IMG_9%.jpg × 3")],
    ["numbers alone", paths("train/%.jpg × 5", "test/%.jpg × 5")],
    ["takes of a video", paths("clip1_%.jpg × 5", "clip2_%.jpg × 5")],
    ["parts of one set", paths("part_1/%.jpg × 5", "part_2/%.jpg × 5")],
    ["domains (trainA, trainB)", paths("trainA/%.jpg × 5", "trainB/%.jpg × 5", "testA/%.jpg", "testB/%.jpg")],
    [
      "boxes beside (YOLO)",
      paths("train/images/%.jpg × 5", "train/labels/%.txt × 5", "valid/images/%.jpg × 5"),
    ],
  ])("%s are refused, with what to type", async (_, files) => {
    const text = await refusal(files);
    expect(text).toMatch(/--labels-from names/);
    expect(text).toMatch(/Expected +Found/);
  });

  test("by hand takes what is not clear, and leaves out what has none", async () => {
    const files = paths("clip1_%.jpg × 5", "clip2_%.jpg × 5", "%.jpg × 3");
    const { counts, codes } = await understood(files, { labelsFrom: { type: "names" } });
    expect(counts).toEqual({ clip1: 5, clip2: 5 });
    expect(codes).toEqual(["unlabelled-images"]);
  });
});

describe("labels in a table", () => {
  const flat = paths("images/%.jpg × 6");
  const rows = (line: (at: number) => string): string =>
    Array.from({ length: 6 }, (_, at) => line(at)).join("\n");

  test.each([
    ["two columns", "labels.csv", `id,breed\n${rows((at) => `${at},${at % 2 ? "pug" : "beagle"}`)}`],
    ["no header", "labels.csv", rows((at) => `${at}.jpg,${at % 2 ? "pug" : "beagle"}`)],
    [
      "semicolons and a mark",
      "labels.csv",
      `\ufefffile;label\n${rows((at) => `images\\${at}.jpg;${at % 2 ? "pug" : "beagle"}`)}`,
    ],
    [
      "more columns, one called label",
      "metadata.csv",
      `file_name,width,label,age\n${rows((at) => `images/${at}.jpg,${at},${at % 2 ? "pug" : "beagle"},${at % 2}`)}`,
    ],
    [
      "one that can be it",
      "images/metadata.csv",
      `file_name,text,breed\n${rows((at) => `${at}.jpg,word ${at},${at % 2 ? "pug" : "beagle"}`)}`,
    ],
    [
      "JSON lines",
      "images/metadata.jsonl",
      rows((at) => JSON.stringify({ file_name: `${at}.jpg`, label: at % 2 ? "pug" : "beagle" })),
    ],
    [
      "a JSON of names",
      "labels.json",
      JSON.stringify(
        Object.fromEntries(Array.from({ length: 6 }, (_, at) => [`${at}.jpg`, at % 2 ? "pug" : "beagle"])),
      ),
    ],
    [
      "a JSON of lists",
      "classes.json",
      JSON.stringify({ pug: ["1.jpg", "3.jpg", "5.jpg"], beagle: ["0.jpg", "2.jpg", "4.jpg"] }),
    ],
    [
      "COCO",
      "annotations.json",
      JSON.stringify({
        images: Array.from({ length: 6 }, (_, id) => ({ id, file_name: `${id}.jpg` })),
        annotations: Array.from({ length: 6 }, (_, id) => ({ image_id: id, category_id: id % 2 })),
        categories: [
          { id: 0, name: "beagle" },
          { id: 1, name: "pug" },
        ],
      }),
    ],
    [
      "one-hot",
      "_classes.csv",
      `filename, beagle, pug\n${rows((at) => `${at}.jpg, ${at % 2 ? "0, 1" : "1, 0"}`)}`,
    ],
  ])("%s", async (_, name, text) => {
    const { counts, codes } = await understood(flat, { texts: { [name]: text } });
    expect(counts).toEqual({ beagle: 3, pug: 3 });
    expect(codes).toEqual(["labels-from-file"]);
  });

  test("one in each part (Roboflow), with images of several classes and rows without image", async () => {
    const texts = Object.fromEntries(
      ["train", "valid"].map((part) => [
        `${part}/_classes.csv`,
        `filename,cat,dog\n${rows((at) => `${part}${at}.jpg,${at === 0 ? "1,1" : at % 2 ? "0,1" : "1,0"}`)}\ngone.jpg,1,0`,
      ]),
    );
    const { counts, text } = await understood(paths("train/train%.jpg × 6", "valid/valid%.jpg × 6"), {
      texts,
    });
    expect(counts).toEqual({ "train/cat": 2, "train/dog": 3, "validation/cat": 2, "validation/dog": 3 });
    expect(text).toContain("the labels are read from train/_classes.csv, valid/_classes.csv");
    expect(text).toContain(
      "2 images have no label in train/_classes.csv, valid/_classes.csv, or more than one, and are left out",
    );
    expect(text).toContain("2 rows of train/_classes.csv, valid/_classes.csv name images that are not here");
  });

  test("containers of any number and a table (HAM10000): the column must be said", async () => {
    const files = paths("part_1/ISIC_%.jpg × 6", "part_2/ISIC_9%.jpg × 6");
    const line = (name: string, at: number) =>
      `${name},${at % 2 ? "mel" : "nv"},${at % 3 ? "male" : "female"}`;
    const table = `image_id,dx,sex\n${rows((at) => line(`ISIC_${at}`, at))}\n${rows((at) => line(`ISIC_9${at}`, at))}`;
    const text = await refusal(files, { texts: { "meta.csv": table } });
    expect(text).toContain("--labels-from meta.csv:dx");
    expect(text).toContain("--labels-from meta.csv:sex");
    const said = await understood(files, {
      texts: { "meta.csv": table },
      labelsFrom: { type: "file", path: "meta.csv", column: "dx" },
    });
    expect(said.counts).toEqual({ mel: 6, nv: 6 });
    expect(
      await refusal(files, {
        texts: { "meta.csv": table },
        labelsFrom: { type: "file", path: "meta.csv", column: "age" },
      }),
    ).toContain("has no column age; its columns are dx, sex");
  });

  test.each([
    [
      "an index that counts otherwise",
      ",filename,label",
      (at: number) => `${5 - at},${at}.jpg,${at % 2 ? "pug" : "beagle"}`,
    ],
    ["an id column", "id,image,label", (at: number) => `${at + 1},${at}.jpg,${at % 2 ? "pug" : "beagle"}`],
    ["another ending and case", "file,label", (at: number) => `${at}.PNG,${at % 2 ? "pug" : "beagle"}`],
    ["0.0 and 1.0 (ISIC)", "image,beagle,pug", (at: number) => `${at},${at % 2 ? "0.0,1.0" : "1.0,0.0"}`],
    [
      "a split beside",
      "image,label,split",
      (at: number) => `${at}.jpg,${at % 2 ? "pug" : "beagle"},${at < 4 ? "train" : "val"}`,
    ],
  ])("%s", async (_, header, line) => {
    const { counts } = await understood(flat, { texts: { "labels.csv": `${header}\n${rows(line)}` } });
    expect(counts).toEqual({ beagle: 3, pug: 3 });
  });

  test.each([
    ["a caption each", "file_name,text", (at: number) => `${at}.jpg,a picture number ${at}`],
    ["a split alone", "file_name,split", (at: number) => `${at}.jpg,${at % 2 ? "train" : "test"}`],
    ["scores", "file_name,score", (at: number) => `${at}.jpg,0.${at % 2}5`],
    ["two columns that could name the images", "a,b", (at: number) => `${at},${5 - at}`],
  ])("%s: no labels, so refused", async (_, header, line) => {
    expect(await refusal(flat, { texts: { "t.csv": `${header}\n${rows(line)}` } })).toContain(
      "--labels-from",
    );
  });

  test("a part of a large table; cells that say nothing; parts that a table of each names", async () => {
    const many = Array.from({ length: 900 }, (_, at) => `${at}.jpg,${at % 2 ? "pug" : "beagle"}`).join("\n");
    expect((await understood(flat, { texts: { "labels.csv": `file,label\n${many}` } })).counts).toEqual({
      beagle: 3,
      pug: 3,
    });
    const gaps = `file,label\n${rows((at) => `${at}.jpg,${at < 2 ? "nan" : at % 2 ? "pug" : "beagle"}`)}`;
    expect((await understood(flat, { texts: { "labels.csv": gaps } })).counts).toEqual({ beagle: 2, pug: 2 });
    const each = (from: number) =>
      `id,breed\n${rows((at) => `${from + at}.jpg,${at % 2 ? "pug" : "beagle"}`)}`;
    const files = [
      ...paths("train/%.jpg × 6"),
      ...paths("test/%.jpg × 6").map((path) => path.replace(/\d/, (at) => String(Number(at) + 10))),
    ];
    expect(
      (await understood(files, { texts: { "train.csv": each(0), "test.csv": each(10) } })).counts,
    ).toEqual({
      ...{ "train/beagle": 3, "train/pug": 3, "test/beagle": 3, "test/pug": 3 },
    });
  });

  test("rows about train say nothing of images of the same name in test", async () => {
    const table = `file,label\n${rows((at) => `train/${at}.jpg,${at % 2 ? "pug" : "beagle"}`)}`;
    expect(await refusal(paths("test/%.jpg × 6"), { texts: { "train.csv": table } })).toContain(
      "has no class folder",
    );
  });

  test("numbered folders beside a table are refused; named ones are the classes, and the table is told of", async () => {
    const files = paths("patient_01/a%.jpg × 6", "patient_02/b%.jpg × 6");
    const table = `path,diagnosis\n${["patient_01/a", "patient_02/b"].map((start) => rows((at) => `${start}${at}.jpg,${at % 2 ? "ill" : "well"}`)).join("\n")}`;
    const text = await refusal(files, { texts: { "labels.csv": table } });
    expect(text).toContain("patient_01, patient_02 are numbered, and labels.csv names the images too");
    expect(text).toContain("--labels-from labels.csv:diagnosis");
    const named = files.map((path) => path.replace("patient_01", "cats").replace("patient_02", "dogs"));
    const other = table.replaceAll("patient_01", "cats").replaceAll("patient_02", "dogs");
    expect(await understood(named, { texts: { "labels.csv": other } })).toMatchObject({
      labels: ["cats", "dogs"],
      codes: ["table-beside"],
    });
    const same = `path,label\n${["cats/a", "dogs/b"].map((start) => rows((at) => `${start}${at}.jpg,${start.slice(0, 4)}`)).join("\n")}`;
    expect((await understood(named, { texts: { "labels.csv": same } })).codes).toEqual([]);
  });

  test("class folders win over a table beside them; the answers of a sample submission are none", async () => {
    const table = `file,label\n${rows((at) => `${at}.jpg,x${at % 2}`)}`;
    expect(
      await understood(paths("cats/%.jpg × 6", "dogs/d%.jpg × 6"), { texts: { "labels.csv": table } }),
    ).toMatchObject({
      labels: ["cats", "dogs"],
      codes: [],
    });
    const sample = { "sample_submission.csv": table };
    expect((await understood(paths("cats/%.jpg × 6", "dogs/d%.jpg × 6"), { texts: sample })).codes).toEqual(
      [],
    );
  });
});

describe("a model is scored", () => {
  const score = { purpose: "score", knownLabels: ["cats", "dogs"] } as const;

  test.each([
    ["one class", paths("dogs/%.jpg × 6")],
    ["one class, with folders inside", paths("new/dogs/monday/%.jpg × 3", "new/dogs/tuesday/%.jpg × 3")],
    ["its own equal folders", paths("dogs/a/%.jpg × 3", "dogs/b/%.jpg × 3")],
  ])("on %s", async (_, files) => {
    expect(await understood(files, score)).toMatchObject({ counts: { dogs: 6 } });
  });

  test("on a folder of images that is called as a class; on one of another name it is refused", async () => {
    expect(await findLayout("photos/dogs", listingOf(paths("%.jpg × 6")), score)).toMatchObject({
      labels: ["dogs"],
    });
    expect(await refusal(paths("%.jpg × 6"), score)).toContain("set has no class folder");
  });
});

describe("ordinary data sets have no notes, or true ones", () => {
  test.each<[string, readonly string[], readonly string[]]>([
    [
      "parts",
      paths(
        "train/cats/%.jpg × 20",
        "train/dogs/%.jpg × 20",
        "validation/cats/%.jpg × 5",
        "validation/dogs/%.jpg × 5",
      ),
      [],
    ],
    [
      "cats-and-dogs as packed",
      paths(
        "x/train/cats/cat.%.jpg × 20",
        "x/train/dogs/dog.%.jpg × 20",
        "x/validation/cats/cat.%.jpg",
        "x/validation/dogs/dog.%.jpg",
        "x/vectorize.py",
      ),
      [],
    ],
    [
      "numbered classes with names beside",
      paths(
        "train/1/i%.jpg × 3",
        "train/2/i%.jpg × 3",
        "train/10/i%.jpg × 3",
        "valid/1/i%.jpg",
        "cat_to_name.json",
      ),
      [],
    ],
    [
      "Roboflow export",
      paths(
        "train/a/%_jpg.rf.0.jpg × 3",
        "train/b/%_jpg.rf.0.jpg × 3",
        "valid/a/v%.jpg",
        "valid/b/v%.jpg",
        "test/a/t%.jpg",
        "README.roboflow.txt",
      ),
      [],
    ],
    ["one photo a class", Array.from({ length: 40 }, (_, at) => `person${at}/face.jpg`), []],
    ["3,000 classes", Array.from({ length: 6000 }, (_, at) => `n${at % 3000}/${at}.jpg`), []],
    [
      "Caltech",
      paths(
        "101_ObjectCategories/ant/image_%.jpg × 3",
        "101_ObjectCategories/bass/image_%.jpg × 3",
        "Annotations/ant/a%.mat × 3",
      ),
      [],
    ],
    [
      "birds",
      paths(
        "CUB/images/001.Black/Black_%.jpg × 3",
        "CUB/images/002.Blue/Blue_%.jpg × 3",
        "CUB/parts/parts.txt",
        "CUB/classes.txt",
        "CUB/README",
      ),
      [],
    ],
    ["three levels, ImageNet's way", paths("n01/images/n01_%.JPEG × 3", "n02/images/n02_%.JPEG × 3"), []],
    [
      "handwritten digits",
      paths(...Array.from({ length: 10 }, (_, at) => `training/${at}/%.png × 3`), "testing/0/%.png"),
      [],
    ],
    [
      "places by letter",
      paths("a/airfield/%.jpg", "a/alley/%.jpg", "b/bar/%.jpg", "b/beach/%.jpg"),
      ["joined-folders"],
    ],
    [
      "a class called train, one called test",
      paths("bus/%.jpg × 3", "train/%.jpg × 3", "test/%.jpg × 3"),
      [],
    ],
    ["before and after, the same names", paths("before/x%.jpg × 9", "after/x%.jpg × 9"), []],
    ["left-over archive and table", paths("cats/%.jpg × 3", "dogs/%.jpg × 3", "pets.zip", "index.csv"), []],
  ])("%s", async (_, files, codes) => {
    expect((await understood(files)).codes).toEqual(codes);
  });
});
