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
    { key: "augment", received: '{"zoom":2}' },
  ]);
  expect(optionIssuesSchema.parse(refusalOf({ epoch: 3, sise: 1 }).facts).issues).toMatchObject([
    { unknown: ["epoch", "sise"] },
  ]);
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

it.each([[null], [undefined], ["gap"], [[1]]])("refuses %j, which holds no options", (input) => {
  expect(refusalOf(input)).toMatchObject({ code: "bad-input", parts: { expected: "an object" } });
});

it("shows a number that JSON has no word for", () => {
  expect(refusalOf({ learningRate: Number.NaN }).message).toContain("Received: NaN.");
});
