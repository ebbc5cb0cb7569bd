import { CoreError, type ErrorCode } from "@graft/core";
import { describe, expect, it } from "vitest";
import { IS_LAST, patiently } from "./patient.ts";

/** Work that fails a few times. */
function failing(times: number, code: ErrorCode): { readonly work: () => Promise<string>; tries: number } {
  const failed = {
    tries: 0,
    work: async () => {
      if (++failed.tries <= times) throw new CoreError(code, { what: "No." });
      return "done";
    },
  };
  return failed;
}

describe("patience with a store", () => {
  it.each(["unreadable", "disk-full", "offline"] as const)("does again what failed with %s", async (code) => {
    const failed = failing(2, code);
    expect(await patiently(failed.work)).toBe("done");
    expect(failed.tries).toBe(3);
  });

  it("gives up at once what would fail again, and what takes too long", async () => {
    const conflict = failing(1, "conflict");
    await expect(patiently(conflict.work)).rejects.toMatchObject({ code: "conflict" });
    expect(conflict.tries).toBe(1);
    const away = failing(9, "unreadable");
    await expect(patiently(away.work, { forMs: 50 })).rejects.toMatchObject({ code: "unreadable" });
    expect(away.tries).toBe(1);
  });

  it("gives up at once where the host's store is not waited for any more", async () => {
    let tries = 0;
    const last = patiently(async () => {
      tries++;
      throw new CoreError("unreadable", { what: "No." }, { facts: { [IS_LAST]: true } });
    });
    await expect(last).rejects.toMatchObject({ code: "unreadable" });
    expect(tries).toBe(1);
  });

  it("ends with its host", async () => {
    const signal = AbortSignal.timeout(50);
    await expect(patiently(failing(99, "unreadable").work, { signal })).rejects.toMatchObject({
      code: "cancelled",
    });
  });
});
