import { describe, expect, it } from "vitest";
import { askChild } from "./child-probe-node.ts";

const ask = (script: string, words: readonly string[] = [], input?: Uint8Array) =>
  askChild({ script, words, env: process.env, ...(input ? { input } : {}) });

describe("a probe in another process", () => {
  it("gives what it wrote", async () => {
    const script = "process.stdin.on('data', (data) => process.stdout.write(process.argv[1] + data))";
    expect(await ask(script, ["said "], Buffer.from("it"))).toEqual({ output: "said it" });
  });

  it.each([
    [
      "a native error behind warnings, without its source file",
      "[W:onnxruntime] no matter\\n\\u001b[1;31m2026-01-01 [E:onnxruntime:node, bridge.cc:2146 Create] Failed to load library libcublas.so.12\\u001b[m\\nError: it failed",
      "Failed to load library libcublas.so.12",
    ],
    [
      "Dawn's warning",
      "Warning: Couldn't load Vulkan: libvulkan.so.1\\n    at operator()",
      "Couldn't load Vulkan: libvulkan.so.1",
    ],
    ["the last line of anything else", "one\\ntwo\\n", "two"],
    ["nothing", "", "it said nothing"],
  ])("gives %s as the reason", async (_, text, reason) => {
    expect(await ask(`process.stderr.write("${text}"); process.exitCode = 1;`)).toEqual({ reason });
  });

  it("survives a crash of what it tries, and says so", async () => {
    const answer = await ask("process.kill(process.pid, 'SIGSEGV'); setInterval(() => {}, 1000)");
    expect(answer).toEqual({ reason: "it crashed (SIGSEGV): it said nothing" });
  });

  it("does not mind a child that ends before it read its input", async () => {
    expect(await ask("process.exit(0)", [], new Uint8Array(2 ** 20))).toEqual({ output: "" });
  });
});
