import { describe, expect, it } from "vitest";
import { CoreError, deserializeError, errorText, serializeError } from "./errors.ts";
import { serializedErrorSchema } from "./events/event-schema.ts";

const PARTS = {
  what: "There is no such run.",
  received: "20261124-x",
  expected: "an id",
  fix: "`graft runs list` shows all.",
} as const;

describe("an error on its way into another process, a log or an answer", () => {
  it("keeps its code, its facts and the parts that its message is made of", () => {
    const error = new CoreError("not-found", PARTS, { facts: { id: "x" } });
    const arrived = deserializeError(
      serializedErrorSchema.parse(JSON.parse(JSON.stringify(serializeError(error)))),
    );
    expect(arrived).toBeInstanceOf(CoreError);
    expect(arrived).toMatchObject({ code: "not-found", facts: { id: "x" }, parts: PARTS });
    expect(arrived.message).toBe(errorText(PARTS));
  });

  it("that an older graft wrote has its message", () => {
    const old = { name: "CoreError", code: "limit", message: "Too large.", facts: {} } as const;
    expect(deserializeError(serializedErrorSchema.parse(old))).toMatchObject({
      ...{ code: "limit", message: "Too large." },
      parts: { what: "Too large." },
    });
  });

  it("keeps its stack when it is a defect, and has none of it when it is not", () => {
    const defect = new TypeError("x is not a function");
    const told = serializedErrorSchema.parse(serializeError(defect));
    expect(told).toMatchObject({ name: "TypeError", code: "internal", stack: defect.stack });
    expect(deserializeError(told).stack).toBe(defect.stack);
    expect(serializeError(new CoreError("limit", PARTS))).not.toHaveProperty("stack");
    expect(serializeError("nonsense")).toEqual({
      name: "Error",
      code: "internal",
      message: "nonsense",
      facts: {},
    });
  });
});
