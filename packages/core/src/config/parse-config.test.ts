import { expect, it } from "vitest";
import { CoreError } from "../errors.ts";
import { optionIssuesSchema, parseTrainConfig } from "./parse-config.ts";

function refusalOf(input: unknown): CoreError {
  try {
    parseTrainConfig(input);
  } catch (error) {
    if (error instanceof CoreError) return error;
    throw error;
  }
  throw new TypeError("the options were taken");
}

it("takes the schema's defaults, the recipe's over them, and what is given over both", () => {
  expect(parseTrainConfig({})).toMatchObject({ recipe: "gap", batchSize: 32, earlyStop: 5, augment: null });
  expect(parseTrainConfig({ recipe: "classic", batchSize: 8, seed: undefined })).toMatchObject({
    ...{ batchSize: 8, optimizer: "rmsprop", earlyStop: null, seed: 1, augment: { rotation: 40 } },
  });
});

it("refuses every wrong option at once as bad input, by key, with what was received", () => {
  const error = refusalOf({ size: 10, valSplit: "a lot", recipe: "quick" });
  expect(error.code).toBe("bad-input");
  const { issues } = optionIssuesSchema.parse(JSON.parse(JSON.stringify(error.facts)));
  expect(issues.map(({ key, received }) => [key, received])).toEqual([
    ["recipe", '"quick"'],
    ["size", "10"],
    ["valSplit", '"a lot"'],
  ]);
  expect(error.message).toMatch(/^`recipe`: .*\n`size`: .*75.* Received: 10\.\n`valSplit`: .*number.*\.$/);
});

it("names a wrong option inside another by the other, and keys that are no options", () => {
  expect(optionIssuesSchema.parse(refusalOf({ augment: { zoom: 2 } }).facts).issues).toMatchObject([
    { key: "augment", field: "zoom", message: "it must be a number from 0 to 0.95", received: '{"zoom":2}' },
  ]);
  expect(refusalOf({ augment: { zooom: 0.1 } }).message).toBe(
    '`augment`: it has no option zooom; its options are rotation, shift, shear, zoom, flip, brightness. Received: {"zooom":0.1}.',
  );
  expect(optionIssuesSchema.parse(refusalOf({ epoch: 3, sise: 1 }).facts).issues).toMatchObject([
    { unknown: ["epoch", "sise"], message: "there is no option epoch, sise" },
  ]);
  expect(refusalOf({ epoch: 3 }).message).toBe("There is no option epoch.");
});

it.each([
  ["weightDecay", { weightDecay: 0.01 }, "0.01"],
  ["momentum", { momentum: 0.9 }, "0.9"],
  ["fineTuneEpochs", { fineTuneEpochs: 3 }, "3"],
  ["fineTune", { fineTune: "mixed8" }, '"mixed8"'],
  ["warmup", { warmup: 20 }, "20"],
  // of the recipe, not given by hand
  ["momentum", { recipe: "classic", momentum: 0.5 }, "0.5"],
])("refuses %s where it does not go with the others: %j", (key, input, received) => {
  expect(optionIssuesSchema.parse(refusalOf(input).facts).issues).toMatchObject([{ key, received }]);
});

it.each([[null], [undefined], ["gap"], [[1]], [new Map()]])("refuses %j, which holds no options", (input) => {
  expect(refusalOf(input)).toMatchObject({ code: "bad-input", parts: { expected: "an object" } });
});

it.each([
  ["size", 10.5, "it must be a whole number from 75 to 2048. Received: 10.5."],
  ["epochs", 1e99, "it must be a whole number from 1 to 10000. Received: 1e+99."],
  ["valSplit", 1, "it must be a number above 0 and below 1. Received: 1."],
  ["learningRate", Number.NaN, "it must be a number above 0 and at most 10. Received: NaN."],
  ["dropout", "much", 'it must be a number from 0 and below 1. Received: "much".'],
  ["variants", "x", 'it must be a whole number from 1 to 64 or online. Received: "x".'],
  ["fit", "squeeze", 'it must be stretch, crop or pad. Received: "squeeze".'],
  ["groupPrefix", 1, "it must be true or false. Received: 1."],
  ["inputRange", [1], "it must be two numbers. Received: [1]."],
  ["inputRange", [1, 1], "its two numbers must differ. Received: [1,1]."],
  ["weights", "", 'it must be a text that is not empty. Received: "".'],
  [
    "augment",
    3,
    "it must be options of its own: rotation, shift, shear, zoom, flip, brightness. Received: 3.",
  ],
  ["batchSize", 10n, "it must be a whole number from 1 to 4096. Received: 10."],
])("says of %s: %s what it must be, once", (key, value, text) => {
  expect(refusalOf({ [key]: value }).message).toBe(`\`${key}\`: ${text}`);
});
