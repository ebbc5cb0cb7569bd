import { describe, expect, it } from "vitest";
import { CoreError, deserializeError, serializeError } from "../errors.ts";
import { isOfOneFile, machineCode } from "./one-file-error.ts";
import { readFailure } from "./read-failure-node.ts";

const systemError = (code: string): Error =>
  Object.assign(new Error(`${code}: the system's words, open 'set/cats/3.jpg'`), { code, syscall: "open" });

const OF_THE_MACHINE =
  "EIO EMFILE ENFILE ESTALE ENOMEM ETIMEDOUT EBUSY ENODEV EAGAIN ENOTCONN EUCLEAN UNKNOWN";

describe("an error of the machine", () => {
  it.each(OF_THE_MACHINE.split(" "))("(%s) is named with file and code, and is no file's", (code) => {
    const failure = readFailure("set/cats/3.jpg", systemError(code));
    expect(failure.code).toBe("unreadable");
    expect(failure.message).toMatch(
      new RegExp(`^set/cats/3\\.jpg cannot be read \\(${code}\\)\\. .*again\\.$`),
    );
    expect(isOfOneFile(failure)).toBe(false);
    // as it crosses from the thread that read it
    expect(isOfOneFile(deserializeError(serializeError(failure)))).toBe(false);
  });

  it.each([
    ["Unknown system error -116", "ESTALE"],
    ["Unknown system error -117", "EUCLEAN"],
    ["Unknown system error -123", "ENOMEDIUM"],
    ["Unknown system error -999", "E999"],
  ])("that libuv has no name for (%s) is one, too", (code, name) => {
    const failure = readFailure("set/cats/3.jpg", systemError(code));
    expect(failure).toMatchObject({
      code: "unreadable",
      message: expect.stringContaining(`cannot be read (${name}).`),
    });
  });

  it("is known by what caused it, too", () => {
    const wrapped = new CoreError("bad-input", { what: "No." }, { cause: systemError("EMFILE") });
    expect(machineCode(wrapped)).toBe("EMFILE");
    expect(isOfOneFile(wrapped)).toBe(false);
  });

  it("says what helps", () => {
    const textOf = (code: string): string => readFailure("a", systemError(code)).message;
    expect(textOf("EMFILE")).toContain("ulimit -n");
    expect(textOf("ESTALE")).toContain("network drive");
    expect(textOf("EIO")).toContain("disk");
  });
});

it.each(["EACCES", "EPERM", "EISDIR", "ENAMETOOLONG", "ERR_FS_FILE_TOO_LARGE"])(
  "%s of a file that can be reached is that file's",
  (code) => {
    const failure = readFailure(import.meta.filename, systemError(code));
    expect(failure.code).toBe("bad-input");
    expect(isOfOneFile(failure)).toBe(true);
  },
);

it("what is gone is not found, which is that file's", () => {
  for (const code of ["ENOENT", "ENOTDIR"]) {
    const failure = readFailure("gone", systemError(code));
    expect(failure.code).toBe("not-found");
    expect(isOfOneFile(failure)).toBe(true);
  }
});

it("what a decoder says is that file's; a cancelled work and a defect are not", () => {
  expect(isOfOneFile(new CoreError("corrupt", { what: "cut off" }))).toBe(true);
  expect(isOfOneFile(new CoreError("cancelled", { what: "stopped" }))).toBe(false);
  expect(isOfOneFile(new TypeError("a defect"))).toBe(false);
});
