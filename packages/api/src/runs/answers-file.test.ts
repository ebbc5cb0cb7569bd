import { describe, expect, it } from "vitest";
import { encodeAnswers, parseAnswers } from "./answers-file.ts";

const answers = {
  labels: ["cats", "dogs"],
  hashes: ["a", "b", "c"],
  probabilities: Float32Array.of(0.1, 0.9, 1 / 3, 2 / 3, 1, 0),
};

describe("stored answers", () => {
  it("come back to the last bit, also more than a call has arguments", () => {
    expect(parseAnswers(encodeAnswers(answers))).toEqual(answers);
    const hashes = Array.from({ length: 20_000 }, (_, at) => `${at}`);
    const probabilities = Float32Array.from({ length: 40_000 }, (_, at) => Math.sin(at) ** 2);
    const many = parseAnswers(encodeAnswers({ labels: answers.labels, hashes, probabilities }));
    expect(many.probabilities).toEqual(probabilities);
  });

  it("are refused when they are cut off, or are not what they say", () => {
    const bytes = encodeAnswers(answers);
    for (const wrong of [
      bytes.subarray(0, 50),
      encodeAnswers({ ...answers, hashes: ["a"] }),
      new Uint8Array(),
    ])
      expect(() => parseAnswers(wrong)).toThrow("cannot be read");
  });
});
