import { mkdirSync } from "node:fs";
import { CoreError } from "@graft/core";
import { expect, it } from "vitest";
import { errorMessage, exitCodeOf } from "./exit.ts";

function thrown(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

it("tells a file system's refusal as one, with the path and without a stack", () => {
  const message = errorMessage(thrown(() => mkdirSync("/dev/null/cache")));
  expect(message).toMatch(/The system refused: .*\/dev\/null\/cache.*--home/);
  expect(message).not.toMatch(/defect|\n/);
});

it.each(["EIO", "ESTALE", "ENOMEM", "ETIMEDOUT", "EROFS"])("tells %s of the machine so, too", (code) => {
  const refusal = Object.assign(new Error(`${code}: as the system says, read`), { code, syscall: "read" });
  expect(errorMessage(refusal)).toMatch(/^The system refused: /);
  const defect = Object.assign(new Error("EBADF: bad file descriptor, read"), {
    code: "EBADF",
    syscall: "read",
  });
  expect(errorMessage(defect)).toContain("defect in graft");
});

it("shows the stack of a defect only", () => {
  expect(errorMessage(new TypeError("x is not a function"))).toMatch(/at .*exit\.test.*defect in graft/s);
  expect(errorMessage(new CoreError("bad-input", { what: "No." }))).toBe("No.");
});

it("ends with 130 for a cancelled work and 1 for any other failure", () => {
  expect(exitCodeOf(new CoreError("cancelled", { what: "Stopped." }))).toBe(130);
  expect(exitCodeOf(new Error())).toBe(1);
});

it("ends with 2 for a token that is mistyped, and with 1 for one that was good once", () => {
  const refused = (reason: string) => new CoreError("unauthorized", { what: "No." }, { facts: { reason } });
  expect(exitCodeOf(refused("mistyped"))).toBe(2);
  expect(exitCodeOf(refused("ended"))).toBe(1);
});
