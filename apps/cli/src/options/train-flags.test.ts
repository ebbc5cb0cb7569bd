import { trainConfigSchema } from "@graft/core";
import { Command } from "commander";
import { describe, expect, it } from "vitest";
import { UsageError } from "../exit/exit-codes.ts";
import { flagName } from "./flag-text.ts";
import { addTrainFlags, configFromFlags } from "./train-flags.ts";

function parse(...words: string[]) {
  const command = addTrainFlags(
    new Command("train").exitOverride().configureOutput({ writeErr: () => undefined }),
  );
  command.parse(words, { from: "user" });
  return configFromFlags(command.opts());
}

describe("flags of train", () => {
  it("has a flag for every option of the schema", () => {
    const help = addTrainFlags(new Command("train")).helpInformation();
    for (const key of Object.keys(trainConfigSchema.shape)) expect(help).toContain(`--${flagName(key)}`);
  });

  it("tells each as a new user reads it: its default once, off for what is off, no unit twice", () => {
    const command = addTrainFlags(new Command("train"));
    const text = (name: string): string | undefined =>
      command.options.find(({ long }) => long === `--${name}`)?.description;
    for (const { flags, description } of command.options) {
      expect(description, flags).toMatch(/^\w.*\w/);
      expect(description, flags).not.toMatch(
        /null|undefined|object|\[|default: .*default|default: (.+); classic: \1\)/,
      );
      if (!flags.startsWith("--no-") && flags.includes(" "))
        expect(description, flags).toMatch(/\(default: [^()]+\)$/);
      expect(flags).not.toContain("<value>");
    }
    expect(text("early-stop")).toContain("(default: 5; classic: off)");
    expect(text("augment")).toContain("(default: off; classic: on)");
    expect(text("variants")).toContain("(default: 4)");
    expect(text("batch-size")).toContain("(default: 32; classic: 20)");
    expect(text("backend")).toContain("(default: the fastest usable)");
    expect(text("group-prefix")).not.toContain("default");
  });

  it("says no default of what changes something that has its own", () => {
    const keys = ["valSplit", "groupPrefix", "seed"];
    const help = addTrainFlags(new Command("split"), keys, { isChange: true }).helpInformation();
    expect(help).toContain("--val-split");
    expect(help).not.toContain("default");
  });

  it("turns grouping on and off, and leaves it unsaid", () => {
    const given = (...words: string[]) => {
      const command = addTrainFlags(new Command("split"), ["groupPrefix"]);
      return command.parse(words, { from: "user" }).opts();
    };
    expect([given(), given("--group-prefix"), given("--no-group-prefix")]).toEqual([
      ...[{}, { groupPrefix: true }, { groupPrefix: false }],
    ]);
    expect(configFromFlags({ groupPrefix: false }, { groupPrefix: true }).groupPrefix).toBe(false);
  });

  it("gives the schema's defaults when no flag is set", () => {
    expect(parse()).toMatchObject({ recipe: "gap", size: 150, batchSize: 32, earlyStop: 5, augment: null });
  });

  it("lets a recipe change defaults and a flag win over the recipe", () => {
    const config = parse("--recipe", "classic", "--learning-rate", "0.001", "--no-augment");
    expect(config).toMatchObject({
      recipe: "classic",
      optimizer: "rmsprop",
      batchSize: 20,
      earlyStop: null,
      learningRate: 0.001,
      augment: null,
    });
  });

  it("turns augmentation and early stopping on and off", () => {
    expect(parse("--augment").augment).toMatchObject({ rotation: 40, flip: true });
    expect(parse("--recipe", "classic").augment).toMatchObject({ rotation: 40, zoom: 0.2 });
    expect(parse("--no-early-stop").earlyStop).toBeNull();
    expect(parse("--early-stop", "3").earlyStop).toBe(3);
    expect(parse("--recipe", "classic", "--early-stop").earlyStop).toBe(5);
  });

  it("leaves the flip alone out of the augmentation that there is, and turns none on", () => {
    const { augment } = parse("--recipe", "classic");
    expect(augment?.flip).toBe(true);
    expect(parse("--recipe", "classic", "--no-flip").augment).toEqual({ ...augment, flip: false });
    expect(parse("--augment", "--no-flip").augment).toEqual({ ...augment, flip: false });
    expect(parse("--no-flip").augment).toBeNull();
    expect(parse("--recipe", "classic", "--no-augment", "--no-flip").augment).toBeNull();
    const saved = { augment: { rotation: 10 } };
    expect(configFromFlags({ flip: false }, saved).augment).toMatchObject({ rotation: 10, flip: false });
    expect(configFromFlags({ flip: true }, { augment: { flip: false } }).augment?.flip).toBe(false);
    expect(configFromFlags({}, parse("--recipe", "classic", "--no-flip")).augment?.flip).toBe(false);
  });

  it("reads pairs and words among numbers", () => {
    expect(parse("--input-range", "-1,1").inputRange).toEqual([-1, 1]);
    expect(parse("--variants", "online").variants).toBe("online");
    expect(parse("--variants", "8").variants).toBe(8);
  });

  it.each([
    ["--size", "74", /--size: .*75.*Received: 74/],
    ["--batch-size", "0", /--batch-size: .*Received: 0/],
    ["--batch-size", "many", /--batch-size: .*Received: "many"/],
    ["--val-split", "1", /--val-split: .*Received: 1/],
    ["--learning-rate", "-1", /--learning-rate/],
    ["--weight-decay", "0.01", /--weight-decay: only the adamw optimizer .* adam\. Received: 0.01/],
    [
      "--fine-tune-epochs",
      "3",
      /--fine-tune-epochs: it has no effect without --fine-tune LAYER\. Received: 3/,
    ],
    ["--fine-tune", "mixed8", /--fine-tune: .*above the cut mixed7: give mixed7.*Received: "mixed8"/],
    ["--fine-tune", "mixed77", /--fine-tune: There is no layer mixed77.*conv2d_56\. Received: "mixed77"/],
    ["--momentum", "0.9", /--momentum: only the sgd optimizer .* adam\. Received: 0.9/],
  ])("refuses %s %s and says what it got", (flag, value, message) => {
    expect(() => parse(flag, value)).toThrow(UsageError);
    expect(() => parse(flag, value)).toThrow(message);
  });

  it("names every wrong flag at once", () => {
    expect(() => parse("--size", "10", "--epochs", "0")).toThrow(/--size[\s\S]*--epochs/);
  });

  it("lists the right cut layers for a wrong one", () => {
    expect(() => parse("--cut", "mixed11")).toThrow(/mixed0, mixed1.*mixed10/);
  });

  it("leaves fine-tuning of a saved config out with all that belongs to it", () => {
    const saved = { fineTune: "mixed6", fineTuneEpochs: 3, epochs: 4 };
    expect(configFromFlags({}, saved)).toMatchObject({ fineTune: "mixed6", fineTuneEpochs: 3 });
    expect(configFromFlags({ fineTune: false }, saved)).toEqual(configFromFlags({ epochs: 4 }));
    expect(parse("--no-fine-tune").fineTune).toBeNull();
    expect(parse("--fine-tune", "mixed7").fineTune).toBe("mixed7");
  });

  it("starts from a saved config and refuses a key it does not know", () => {
    expect(configFromFlags({ epochs: 3 }, { recipe: "classic", epochs: 7, size: 224 })).toMatchObject({
      recipe: "classic",
      epochs: 3,
      size: 224,
    });
    expect(() => configFromFlags({}, { epoch: 3 })).toThrow(/epoch/);
  });
});
