import { describe, expect, it } from "vitest";
import { readSwitches } from "./switches.ts";

describe("the environment's switches", () => {
  it("are off and empty by default", () => {
    expect(readSwitches({})).toEqual({ backend: undefined, allowSoftwareGpu: false });
    expect(readSwitches({ GRAFT_BACKEND: " ", GRAFT_ALLOW_SOFTWARE_GPU: "" })).toEqual(readSwitches({}));
  });

  it.each([
    ["1", true],
    ["TRUE", true],
    ["0", false],
    ["no", false],
  ])("read %s as %s", (text, on) => {
    expect(readSwitches({ GRAFT_ALLOW_SOFTWARE_GPU: text }).allowSoftwareGpu).toBe(on);
  });

  it("take a backend's name without the spaces around it", () => {
    expect(readSwitches({ GRAFT_BACKEND: " onnx:cpu " }).backend).toBe("onnx:cpu");
  });

  it("refuse what is neither on nor off", () => {
    expect(() => readSwitches({ GRAFT_ALLOW_SOFTWARE_GPU: "maybe" })).toThrow(
      /neither on nor off.*maybe.*1 or 0/,
    );
  });
});
