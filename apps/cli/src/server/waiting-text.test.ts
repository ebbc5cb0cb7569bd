import { expect, it } from "vitest";
import { type Waiting, waitingText, waitingWords } from "./waiting-text.ts";

const NONE: Waiting = {
  ...{ reason: "no-worker", backend: "webgpu", connected: 0, able: 0, backends: [], refused: [] },
};
const environment = {
  ...{ home: "/h", serverFlag: "http://s", interactive: false, columns: 80, color: false, variables: {} },
};
const text = (change: Partial<Waiting>, place: number | null = 1): string =>
  waitingText(
    { ...NONE, ...change },
    { environment, url: "http://s", place, cancel: ["runs", "cancel", "r"] },
  );

it("says what is missing and what to do", () => {
  const todo =
    /Start one with `graft worker --server http:\/\/s --token TOKEN` \(a token of the role worker\) on a computer that has it, or cancel with: .* runs cancel r --server http:\/\/s$/;
  expect(text({})).toMatch(/^Waiting for a worker with webgpu: none is connected\. Start/);
  expect(text({})).toMatch(todo);
  expect(text({ backend: null })).toMatch(
    /^Waiting for a worker: none is connected\. .* that is to train, or/,
  );
  const two: Partial<Waiting> = {
    ...{ reason: "no-backend", connected: 2, backends: ["onnx:cpu", "tfjs:wasm"] },
  };
  expect(text(two)).toContain("webgpu: the 2 connected have onnx:cpu and tfjs:wasm. Start");
  expect(text({ ...two, connected: 1, backends: [] })).toContain("the one that is connected has none. Start");
  expect(text({ refused: [{ name: "lab-3", version: "0.0.9" }] })).toContain(
    "lab-3 was sent away, as it has graft 0.0.9: install the server's version there. Start",
  );
  expect(text({ reason: "others-only" })).toContain("do other people's work alone. Start");
});

it("says where it stands when others are at work, and asks for nothing", () => {
  const busy = { reason: "busy", backend: null, connected: 3, able: 2 } as const;
  expect(text(busy, 3)).toBe(
    "Waiting for a worker: the 2 that can do it are busy. This is number 3 in line.",
  );
  expect(text({ ...busy, able: 1 })).toBe(
    "Waiting for a worker: the one that can do it is busy. This is next in line.",
  );
  expect(text({ reason: "starting" })).toBe("Waiting for a worker with webgpu: one is starting.");
});

it("is short in a list", () => {
  expect(waitingWords(NONE, 4)).toBe("needs a worker with webgpu");
  expect(waitingWords({ ...NONE, reason: "busy" }, 4)).toBe("number 4 in line");
});
