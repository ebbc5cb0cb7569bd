import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { CoreError } from "@graft/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkPreconditions, type Machine, type PreconditionOptions } from "./preconditions-node.ts";

const LINUX: Machine = { platform: "linux", arch: "x64", glibc: "2.36", avx: true };

describe("what an installation needs", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "graft-needs-"));
  });
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  /** A PATH on which only these commands are, each of which answers. */
  const pathWith = (...commands: string[]): string => {
    const bin = join(folder, "bin");
    mkdirSync(bin);
    for (const command of commands) {
      writeFileSync(join(bin, command), "#!/bin/sh\nexit 0\n");
      chmodSync(join(bin, command), 0o755);
    }
    return bin;
  };

  const refusal = async (options: Partial<PreconditionOptions>): Promise<CoreError | undefined> => {
    const all = { home: join(folder, "home"), env: {}, machine: LINUX, diskBytes: 1, ...options };
    const error = await checkPreconditions("tensorflow", all).catch((thrown: unknown) => thrown);
    if (error !== undefined && !(error instanceof CoreError)) throw error;
    return error;
  };

  const linuxIt = process.platform === "linux" ? it : it.skip;

  linuxIt("is there with the four commands and room, in a home that does not exist yet", async () => {
    const PATH = pathWith("python3", "npm", "g++", "make");
    expect(await refusal({ env: { PATH } })).toBeUndefined();
  });

  linuxIt("is named all at once when it is missing", async () => {
    const error = await refusal({ env: { PATH: pathWith("npm") }, diskBytes: 1e18 });
    expect(error?.code).toBe("unsupported");
    for (const part of ["python3 with pip", "g++", "make", "disk space"])
      expect(error?.message).toContain(part);
    expect(error?.message).not.toContain("npm is needed");
    expect(error?.facts.problems).toHaveLength(4);
  });

  linuxIt("may be another compiler in CXX", async () => {
    const PATH = pathWith("python3", "npm", "clang++", "make");
    expect((await refusal({ env: { PATH } }))?.message).toContain("g++");
    expect(await refusal({ env: { PATH, CXX: "clang++" } })).toBeUndefined();
  });

  linuxIt("is a full disk when nothing else is wrong", async () => {
    const PATH = pathWith("python3", "npm", "g++", "make");
    const error = await refusal({ env: { PATH }, diskBytes: 1e18 });
    expect(error?.code).toBe("disk-full");
    expect(error?.message).toContain("1000000000.0 GB of disk space is needed");
  });

  it.each([
    ["another system", { platform: "darwin", arch: "arm64", glibc: undefined }, "darwin on arm64"],
    ["another processor", { arch: "arm64" }, "linux on arm64"],
    ["musl", { glibc: undefined }, "another C library"],
    ["an old glibc", { glibc: "2.17" }, "glibc 2.17"],
    ["no AVX", { avx: false }, "AVX"],
  ])("is not there on %s, and no command is asked for then", async (_, part, text) => {
    const error = await refusal({ machine: { ...LINUX, ...part } });
    expect(error?.code).toBe("unsupported");
    expect(error?.message).toContain(text);
    expect(error?.facts.problems).toHaveLength(1);
  });

  it("is a home without blanks in its path", async () => {
    const error = await refusal({ machine: { ...LINUX, arch: "arm64" }, home: join(folder, "my home") });
    expect(error?.message).toContain("under a path with a space in it");
  });
});
