import { expect, it } from "vitest";
import { trainConfigSchema } from "./config.ts";
import type { OptionKey } from "./option-values.ts";
import { type OptionWords, trainOptions } from "./options.ts";

const OPTIONS = trainOptions();
const option = (key: OptionKey) => OPTIONS.find((each) => each.key === key);

it("tells every option of the schema, in its order, with a help", () => {
  expect(OPTIONS.map(({ key }) => key)).toEqual(Object.keys(trainConfigSchema.shape));
  for (const { key, help } of OPTIONS) expect(help, key).not.toBe(key);
});

it("has the limits of every number, and whether they are allowed themselves", () => {
  expect(option("size")).toMatchObject({
    unit: "pixels",
    isNullable: false,
    values: {
      ...{ kind: "number", isWhole: true, words: [] },
      minimum: { value: 75, isIncluded: true },
      maximum: { value: 2048, isIncluded: true },
    },
    defaults: { gap: 150, classic: 150 },
  });
  expect(option("valSplit")?.values).toMatchObject({
    ...{ isWhole: false, minimum: { value: 0, isIncluded: false }, maximum: { value: 1, isIncluded: false } },
  });
  for (const { key, values } of OPTIONS)
    if (values.kind === "number") expect([values.minimum, values.maximum], key).not.toContain(undefined);
});

it("agrees with what the schema takes and refuses, at each end of each number", () => {
  for (const { key, values } of OPTIONS) {
    if (values.kind !== "number") continue;
    const { isWhole, minimum, maximum } = values;
    const takes = (value: unknown): boolean => trainConfigSchema.shape[key].safeParse(value).success;
    const step = isWhole ? 1 : 1e-9;
    if (minimum)
      expect([takes(minimum.value), takes(minimum.value - step)], key).toEqual([minimum.isIncluded, false]);
    if (maximum)
      expect([takes(maximum.value), takes(maximum.value + step)], key).toEqual([maximum.isIncluded, false]);
    for (const word of values.words) expect(takes(word), key).toBe(true);
  }
});

it("knows what can be off, what is chosen, switched, typed or paired, and what each recipe makes of it", () => {
  expect(OPTIONS.filter(({ isNullable }) => isNullable).map(({ key }) => key)).toEqual([
    ...["augment", "earlyStop", "fineTune"],
  ]);
  expect(option("earlyStop")).toMatchObject({
    values: { kind: "number" },
    defaults: { gap: 5, classic: null },
  });
  expect(option("fit")?.values).toEqual({ kind: "choice", choices: ["stretch", "crop", "pad"] });
  expect(option("variants")?.values).toMatchObject({ kind: "number", words: ["online"] });
  expect(option("groupPrefix")?.values).toEqual({ kind: "switch" });
  expect(option("inputRange")?.values).toEqual({ kind: "pair" });
  expect(option("backend")).toMatchObject({
    ...{ values: { kind: "text" }, otherwise: "the fastest usable", defaults: { gap: undefined } },
  });
  const augment = option("augment");
  expect(augment?.defaults).toMatchObject({ gap: null, classic: { rotation: 40 } });
  if (augment?.values.kind !== "group") throw new TypeError("augment has options of its own");
  expect(augment.values.fields.map(({ key }) => key)).toEqual([
    ...["rotation", "shift", "shear", "zoom", "flip", "brightness"],
  ]);
  expect(augment.values.fields[0]).toMatchObject({ unit: "degrees", values: { maximum: { value: 180 } } });
});

it("does not compile where an edge's words lack an option", () => {
  const incomplete = { recipe: "What is trained" };
  // @ts-expect-error: every other option is missing
  const words: OptionWords<string> = incomplete;
  expect(Object.keys(words)).toHaveLength(1);
});
