import { expect, it } from "vitest";
import { signedInText } from "./signed-in-text.ts";

const signedIn = { url: "http://s", name: "Ada", endsAt: null, file: "login.json" };

it("says that commands work there now to who has an account's token", () => {
  for (const role of ["admin", "member", "pupil"])
    expect(signedInText({ ...signedIn, role })).toMatch(/as Ada \(\w+\)\..*Commands work there now\./s);
});

it.each([
  ["worker", "graft worker"],
  ["predict", "graft predict RUN IMAGE…"],
  ["contributor", "add pictures to one class"],
])("says what a token of the role %s can do", (role, what) => {
  const text = signedInText({ ...signedIn, role });
  expect(text).toContain(what);
  expect(text).toContain(`a token of the role ${role}`);
  expect(text).not.toMatch(/Commands work there now|as Ada/);
});

it("tells the certificate that is kept", () => {
  expect(signedInText({ ...signedIn, role: "admin", fingerprint: "AB:CD" })).toContain("(SHA-256): AB:CD");
});
