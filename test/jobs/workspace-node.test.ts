import { checkInt8 } from "@graft/backend-select";
import { NodeWorkspace } from "@graft/core/node";
import { createReferenceBackend } from "@graft/core/testing";
import { expect, it } from "vitest";
import { temporaryFolder } from "../cli/run-graft.ts";

it("chooses a backend once for each name, and tries again after a failure", async () => {
  const asked: (string | undefined)[] = [];
  let fails = true;
  await using workspace = new NodeWorkspace({
    ...{ home: await temporaryFolder("workspace"), env: {}, checkInt8, versions: {} },
    signal: new AbortController().signal,
    onEvent: () => undefined,
    selectBackend: async (name) => {
      asked.push(name);
      if (name === "tfjs:webgpu" && fails) throw new Error("not now");
      return { backend: createReferenceBackend(), refusals: [] };
    },
  });
  const [first, again, other] = [
    await workspace.selectBackend("onnx:cpu"),
    await workspace.selectBackend("onnx:cpu"),
    await workspace.selectBackend(),
  ];
  expect(again).toBe(first);
  expect(other).not.toBe(first);
  await expect(workspace.selectBackend("tfjs:webgpu")).rejects.toThrow("not now");
  fails = false;
  expect((await workspace.selectBackend("tfjs:webgpu")).refusals).toEqual([]);
  expect(asked).toEqual(["onnx:cpu", undefined, "tfjs:webgpu", "tfjs:webgpu"]);
});
