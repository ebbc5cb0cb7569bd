import { describe, expect, it } from "vitest";
import { createEventMaker, createThrottle } from "../events/event-maker.ts";
import { createRate } from "./rate.ts";
import { reportsOf } from "./reports.ts";

const later = () => new Promise<void>((resolve) => setTimeout(resolve, 1));
const show = (report: number): string => `report ${report}`;

describe("reportsOf", () => {
  it("yields every report in order, then returns the result", async () => {
    const generator = reportsOf(
      async (report: (value: number) => void) => {
        report(1);
        report(2);
        await later();
        report(3);
        return "done";
      },
      { show },
    );
    const yielded: string[] = [];
    let next = await generator.next();
    for (; !next.done; next = await generator.next()) yielded.push(next.value);
    expect(yielded).toEqual(["report 1", "report 2", "report 3"]);
    expect(next.value).toBe("done");
  });

  it("throws the work's error after its reports", async () => {
    const generator = reportsOf(
      async (report: (value: number) => void) => {
        report(1);
        throw new Error("broken");
      },
      { show },
    );
    expect((await generator.next()).value).toBe("report 1");
    await expect(generator.next()).rejects.toThrow("broken");
  });

  it("stops the work and waits for it when the caller leaves", async () => {
    let state = "running";
    const generator = reportsOf(
      async (report: (value: number) => void, signal) => {
        report(1);
        while (!signal.aborted) await later();
        await later();
        state = "ended";
      },
      { show },
    );
    await generator.next();
    await generator.return(undefined);
    expect(state).toBe("ended");
  });

  it("passes the caller's signal on", async () => {
    const controller = new AbortController();
    const generator = reportsOf(
      async (_: (value: number) => void, signal) => {
        while (!signal.aborted) await later();
        return signal.reason;
      },
      { show, signal: controller.signal },
    );
    const first = generator.next();
    controller.abort("enough");
    expect(await first).toEqual({ done: true, value: "enough" });
  });
});

describe("events", () => {
  it("are numbered without gaps from where the run went on", () => {
    const events = createEventMaker({ run: "r", firstSeq: 7, now: () => 1000 });
    const made = [1, 2].map((epoch) => events.make({ type: "checkpoint", epoch }));
    expect(made).toEqual([
      { type: "checkpoint", epoch: 1, run: "r", seq: 7, time: 1000 },
      { type: "checkpoint", epoch: 2, run: "r", seq: 8, time: 1000 },
    ]);
  });

  it("are thinned to one an interval, also when the clock is set back", () => {
    let time = 0;
    const may = createThrottle(100, () => time);
    const at = (moment: number): boolean => {
      time = moment;
      return may();
    };
    expect([0, 50, 99, 100, 150, 250].map(at)).toEqual([true, false, false, true, false, true]);
    expect(at(-1_000_000)).toBe(true);
  });
});

describe("createRate", () => {
  it("tells the growth a second over the last seconds, not since the start", () => {
    let time = 0;
    const rate = createRate(() => time);
    const at = (moment: number, count: number): number | undefined => {
      time = moment;
      return rate(count);
    };
    expect(at(0, 0)).toBeUndefined();
    expect(at(1000, 100)).toBe(100);
    expect(at(2000, 200)).toBe(100);
    expect(at(10_000, 200)).toBeUndefined();
    // since the last sample that is older than the window
    expect(at(11_000, 218)).toBe(2);
  });
});
