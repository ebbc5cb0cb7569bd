import { expect, it } from "vitest";
import { versionGap } from "./version-gap.ts";

it("versions go together when they differ in their last number alone, and the older side is the one to update", () => {
  for (const [client, server] of [
    ["0.1.0", "0.1.9"],
    ["1.2.3-beta.1", "1.2.0"],
    // what a worktree or another program calls itself is nobody's fault
    ["test", "0.1.0"],
    ["0.1.0", "unknown"],
  ] as const)
    expect(versionGap(client, server), `${client} ${server}`).toBeUndefined();
  expect(versionGap("0.1.7", "0.2.0")).toMatchObject({
    client: "older",
    parts: { received: "graft 0.1.7 at the client", fix: "Update the client: install graft 0.2 there." },
  });
  expect(versionGap("0.10.0", "0.9.0")).toMatchObject({
    client: "newer",
    parts: { fix: "Update the server to graft 0.10, or install graft 0.9 at the client." },
  });
  expect(versionGap("1.0.0", "2.0.0")?.client).toBe("older");
  expect(versionGap("2.0.0", "1.9.0")?.client).toBe("newer");
});
