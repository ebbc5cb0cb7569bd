import { describe, expect, test } from "vitest";
import { paths, refusal, understood } from "./testing.ts";

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
    expect(text).toContain("2 rows of train/_classes.csv, valid/_classes.csv name images that are missing");
  });

  test("containers of any number and a table (HAM10000): the column must be said", async () => {
    const files = paths("part_1/ISIC_%.jpg × 6", "part_2/ISIC_9%.jpg × 6");
    const line = (name: string, at: number) =>
      `${name},${at % 2 ? "mel" : "nv"},${at % 3 ? "male" : "female"}`;
    const table = `image_id,dx,sex\n${rows((at) => line(`ISIC_${at}`, at))}\n${rows((at) => line(`ISIC_9${at}`, at))}`;
    const text = await refusal(files, { texts: { "meta.csv": table } });
    expect(text).toContain("`labelsFrom: meta.csv:dx`");
    expect(text).toContain("`labelsFrom: meta.csv:sex`");
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
      "`labelsFrom: ",
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
    expect(text).toContain("`labelsFrom: labels.csv:diagnosis`");
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
