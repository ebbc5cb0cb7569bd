import { describe, expect, test } from "vitest";
import { paths, refusal, understood } from "./testing.ts";

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
    expect(text).toBe("test/unknown is not a class of train: 6 images are not scored");
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
    expect(text).toBe("owls.rar is an archive that graft cannot read: unpack it, or pack a .zip or .tar.gz");
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
    expect(text).toContain("`labelsFrom: inner-folders`");
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
    ).toContain("set/more holds folders with the same names as those beside it");
  });
});
