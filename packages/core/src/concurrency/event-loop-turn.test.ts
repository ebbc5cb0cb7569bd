import { describe, expect, it } from "vitest";
import { createThreadSharing } from "./event-loop-turn.ts";

describe("createThreadSharing", () => {
  it("lets a timer be heard once the thread was held long enough, and not before", async () => {
    let now = 0;
    const share = createThreadSharing({ clock: () => now, longestHoldMs: 50 });
    let heard = 0;
    const listen = () => setTimeout(() => heard++, 0);
    listen();
    await share();
    expect(heard).toBe(0);
    now = 50;
    await share();
    expect(heard).toBe(1);
    listen();
    now = 99;
    await share();
    expect(heard).toBe(1);
  });
});
