import { CoreError } from "@graft/core";
import { describe, expect, it } from "vitest";
import { framesOf, MessageReader } from "./wire-format.ts";

function sent(messages: readonly unknown[], frameBytes: number): readonly unknown[] {
  const heard: unknown[] = [];
  const reader = new MessageReader((message) => heard.push(message));
  for (const message of messages)
    for (const frame of framesOf(message, frameBytes)) {
      expect(frame.byteLength).toBeLessThanOrEqual(frameBytes);
      reader.read(frame);
    }
  return heard;
}

const numbers = Float32Array.from({ length: 1000 }, (_, at) => Math.sin(at));
const MESSAGES: readonly unknown[] = [
  { v: 1, type: "ready" },
  { deep: [[{ text: "ä 🙂", none: null, yes: true, list: [] }]], empty: {} },
  { numbers: [-0, 0, 1, 2 ** 40, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 5e-324] },
  {
    tensors: new Map([["conv2d_1/kernel", { shape: [1000], data: numbers }]]),
    nested: new Map([["a", new Map()]]),
  },
  { arrays: [new Uint8Array([1, 2, 3]), new Int8Array([-1]), new Int32Array([7]), new Uint16Array([9])] },
  { arrays: [new Int16Array([-2]), new Uint32Array([2 ** 31]), new Float64Array([0.1]), new Uint8Array()] },
  "text",
];

describe("a message on the wire", () => {
  it.each([7, 64, 1024, 2 ** 18])("is the same on the other side, in frames of %d bytes", (frameBytes) => {
    expect(sent(MESSAGES, frameBytes)).toEqual(MESSAGES);
  });

  it("may be a part of a larger array, in memory that threads share", () => {
    const shared = new Float32Array(new SharedArrayBuffer(40)).fill(3);
    const [message] = sent([{ part: numbers.subarray(10, 20), shared: shared.subarray(1, 3) }], 16);
    expect(message).toEqual({ part: numbers.slice(10, 20), shared: new Float32Array([3, 3]) });
  });

  it("leaves out what is undefined, as it is no field then", () => {
    expect(sent([{ a: undefined, b: 1 }], 64)).toEqual([{ b: 1 }]);
    expect(Object.keys(Object(sent([{ a: undefined, b: 1 }], 64)[0]))).toEqual(["b"]);
  });

  const codeOf = (read: () => void): string | undefined => {
    try {
      read();
      return undefined;
    } catch (error) {
      return error instanceof CoreError ? error.code : String(error);
    }
  };

  it("is refused when its head or its arrays are larger than is allowed, before there is room for them", () => {
    const [frame = new Uint8Array()] = framesOf({ data: new Float64Array(100) }, 2 ** 16);
    for (const limits of [
      { headBytes: 8, bodyBytes: 10_000 },
      { headBytes: 10_000, bodyBytes: 799 },
    ]) {
      const reader = new MessageReader(() => undefined);
      reader.limits = limits;
      expect(codeOf(() => reader.read(frame.subarray(0, 60)))).toBe("limit");
    }
  });

  it.each([
    ["no head", [0, 0, 0, 0]],
    ["a head that is no MessagePack", [0, 0, 0, 2, 0xc1, 0xc1]],
    ["an array of no known type", [0, 0, 0, 12, 0xc7, 9, 1, 99, 0, 0, 0, 0, 0, 0, 0, 0]],
    ["an array of half a number", [0, 0, 0, 12, 0xc7, 9, 1, 7, 0x40, 0x08, 0, 0, 0, 0, 0, 0]],
    ["a map of no entries", [0, 0, 0, 3, 0xd4, 2, 0x01]],
    [
      "the name of what all objects share",
      [0, 0, 0, 12, 0x81, 0xa9, ...new TextEncoder().encode("__proto__"), 1],
    ],
  ])("is refused when it has %s", (_, bytes) => {
    const reader = new MessageReader(() => undefined);
    expect(codeOf(() => reader.read(new Uint8Array(bytes)))).toBe("corrupt");
  });
});
