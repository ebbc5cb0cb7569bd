import { tmpdir } from "node:os";
import { describe, expect, it } from "vitest";
import { type CommandOptions, runCommand } from "./run-command-node.ts";

const OPTIONS: CommandOptions = {
  cwd: tmpdir(),
  env: process.env,
  onLine: () => undefined,
  what: "It failed.",
  fix: "Mend it.",
};
const node = (code: string, options: Partial<CommandOptions> = {}): Promise<readonly string[]> =>
  runCommand(process.execPath, ["-e", code], { ...OPTIONS, ...options });

describe("a command", () => {
  it("gives its output's lines, and tells both streams' lines as they come", async () => {
    const heard: string[] = [];
    const output = await node("console.log('one'); console.error('note'); console.log('two')", {
      onLine: (line) => heard.push(line),
    });
    expect(output).toEqual(["one", "two"]);
    expect(heard.sort()).toEqual(["note", "one", "two"]);
  });

  it("that fails tells its exit code, its last lines and what to do", async () => {
    const code = "for (let i = 0; i < 50; i++) console.error('line ' + i); process.exitCode = 3";
    const error = await node(code).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: "backend" });
    expect(String(error)).toMatch(/It failed\. .*exit code 3/);
    expect(String(error)).toContain("line 49");
    expect(String(error)).not.toContain("line 30");
    expect(String(error)).toContain("Mend it.");
  });

  it.each([
    ["npm error code ENOTFOUND", "offline"],
    ["Temporary failure in name resolution", "offline"],
    ["OSError: [Errno 28] No space left on device", "disk-full"],
  ])("that says '%s' fails as %s", async (line, code) => {
    const failing = node(`console.error(${JSON.stringify(line)}); process.exitCode = 1`);
    await expect(failing).rejects.toMatchObject({ code });
  });

  it("that does not exist fails with the reason", async () => {
    await expect(runCommand("graft-no-such-command", [], OPTIONS)).rejects.toThrow("ENOENT");
  });

  it("that is cancelled ends, and so does what it started", async () => {
    const stop = new AbortController();
    const grandchild = "setTimeout(() => undefined, 1e6); console.log('started')";
    const code = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(grandchild)}], { stdio: "inherit" })`;
    const running = node(code, { signal: stop.signal, onLine: () => stop.abort() });
    // it settles when the output is closed, which the grandchild holds open as long as it lives
    await expect(running).rejects.toMatchObject({ code: "cancelled" });
    await expect(node("", { signal: stop.signal })).rejects.toMatchObject({ code: "cancelled" });
  });
});
