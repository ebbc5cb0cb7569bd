import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readEnvironment } from "./env.ts";
import { nextCommand, selfCommand, shellWord } from "./self-command.ts";

const bin = join("/", "opt", "bin");
const call = {
  script: join(bin, "graft"),
  nodeFlags: [],
  variables: { PATH: bin },
  folder: join("/", "home"),
};

describe("the command to type next", () => {
  it("is graft when the bin folder is on the PATH", () => {
    expect(selfCommand(call)).toBe("graft");
  });

  it("is npx graft when only npm knows the bin folder", () => {
    expect(selfCommand({ ...call, variables: { PATH: bin, npm_command: "exec" } })).toBe("npx graft");
    expect(selfCommand({ ...call, variables: { PATH: "" } })).toBe("npx graft");
    const script = join("/", "home", "apps", "cli", "dist", "main.js");
    expect(selfCommand({ ...call, script, variables: { npm_command: "run-script" } })).toBe("npx graft");
  });

  it("names the script as seen from here when node was called with it", () => {
    const script = join("/", "home", "apps", "main.ts");
    expect(selfCommand({ ...call, script, nodeFlags: ["--import", "tsx"] })).toBe(
      `node --import tsx ${join("apps", "main.ts")}`,
    );
    const elsewhere = join("/", "srv", "main.js");
    expect(selfCommand({ ...call, script: elsewhere })).toBe(`node ${elsewhere}`);
  });

  it("repeats --home only when it was given", () => {
    expect(nextCommand(readEnvironment(undefined), ["runs", "list"], "graft")).toBe("graft runs list");
    expect(nextCommand(readEnvironment("my home"), ["runs", "list"], "graft")).toMatch(
      /^graft runs list --home ['"]my home['"]$/,
    );
  });

  it("quotes what a shell would take apart", () => {
    expect(shellWord("a/b-c_1.jpg")).toBe("a/b-c_1.jpg");
    expect(shellWord("*.jpg")).not.toBe("*.jpg");
    expect(shellWord("")).toHaveLength(2);
  });
});
