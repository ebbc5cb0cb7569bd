import { describe, expect, it } from "vitest";
import { parseTrainConfig } from "../config/parse-config.ts";
import { flipWarning } from "./flip-warning.ts";

const CLASSIC = parseTrainConfig({ recipe: "classic" });
const told = (...labels: string[]): string => flipWarning(labels, CLASSIC)?.message ?? "";

describe("flipWarning", () => {
  it("names two classes that a flip turns into each other, and what to type", () => {
    expect(told("left", "right")).toBe(
      "the classes left and right look alike once a flip mirrors their images: `flip: false` leaves out the flip, `augment: null` leaves out all changes",
    );
  });

  it("names a few of many such pairs", () => {
    const labels = ["stop", "turn_left", "keep_left", "turn_right", "keep_right", "go"];
    expect(told(...labels)).toMatch(
      /^2 pairs of classes look alike once a flip mirrors their images: turn_left and turn_right, keep_left and keep_right: `flip: false`/,
    );
  });

  it("says nothing where nothing is mirrored", () => {
    const labels = ["left", "right"];
    expect(flipWarning(labels, parseTrainConfig({}))).toBeUndefined();
    expect(flipWarning(labels, parseTrainConfig({ augment: { flip: false } }))).toBeUndefined();
    expect(flipWarning(labels, parseTrainConfig({ augment: {} }))).toBeDefined();
  });

  it.each([
    ["Left", "RIGHT"],
    ["l", "R"],
    ["arrow-left", "arrow-right"],
    ["TurnLeft", "TurnRight"],
    ["turnleft", "turnright"],
    ["left_hand_2", "right_hand_2"],
    ["left to right", "right to left"],
    ["knee_L", "knee_R"],
    ["links", "rechts"],
    ["Linksabbieger", "Rechtsabbieger"],
    ["gauche", "droite"],
    ["mano izquierda", "mano derecha"],
    ["sinistra", "destra"],
    ["влево", "вправо"],
    ["左折", "右折"],
    ["east", "west"],
    ["facing-east", "facing-west"],
    ["north_east", "north_west"],
    ["clockwise", "counter-clockwise"],
    ["clockwise", "anticlockwise"],
    ["rotating_clockwise", "rotating_counterclockwise"],
    ["CW", "CCW"],
    ["b", "d"],
    ["letter_p", "letter_q"],
    ["<", ">"],
    ["(", ")"],
    ["lt", "gt"],
    ["←", "→"],
  ])("knows %s and %s", (one, other) => {
    expect(told("other", one, "none", other)).toContain(
      `the classes ${one} and ${other} look alike once a flip`,
    );
  });

  it.each([
    [["copyright", "bright", "leftovers"]],
    [["left", "centre"]],
    [["cats", "dogs"]],
    [["up", "down"]],
    [["western_gull", "eastern_bluebird"]],
    [["western_meadowlark", "eastern_meadowlark"]],
    [["east_siberian_laika", "west_siberian_laika"]],
    [["hepatitis_b", "hepatitis_d"]],
    [["B", "D", "P", "Q"]],
    [["a", "b", "c", "d"]],
    [["grade_a", "grade_b", "grade_c", "grade_d"]],
    [["left_door_left", "left_door_right"]],
    [["cat (left)", "dog (right)"]],
    [["e", "w"]],
    [["1", "2", "10"]],
    [["__proto__", "constructor", "toString"]],
    [["right", "wrong"]],
    [["less_than_5", "greater_than_5"]],
    [["import", "port"]],
  ])("has nothing against %j", (labels) => {
    expect(told(...labels)).toBe("");
  });

  it("takes letters for sides or for letters by what else is there", () => {
    const alphabet = Array.from({ length: 26 }, (_, i) => String.fromCodePoint(97 + i));
    expect(told(...alphabet)).toMatch(
      /^2 pairs of classes look alike once a flip mirrors their images, if they show these letters: b and d, p and q:/,
    );
    expect(told(...alphabet.map((letter) => letter.toUpperCase()))).toBe("");
    expect(told("n", "e", "s", "w")).toContain("the classes e and w");
    expect(told("l", "c", "r")).toContain("the classes l and r");
  });

  it("finds them among thousands of classes", () => {
    const labels = Array.from({ length: 3000 }, (_, i) => `species number ${i}`);
    expect(told(...labels, "left", "right")).toContain("left and right");
  });
});
