import { pino } from "pino";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { LineGatherer } from "./line-gatherer.ts";

describe("lines of the log", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function open() {
    const written: string[] = [];
    const lines = new LineGatherer((text) => void written.push(text));
    const log = pino({ base: null, timestamp: false }, lines);
    return { written, lines, log };
  }

  it("wait for each other, and are written together after 50 ms, in order", () => {
    const { written, log } = open();
    log.info("one");
    log.info("two");
    vi.advanceTimersByTime(49);
    expect(written).toEqual([]);
    vi.advanceTimersByTime(1);
    expect(written).toEqual(['{"level":30,"msg":"one"}\n{"level":30,"msg":"two"}\n']);
    log.info("three");
    vi.advanceTimersByTime(50);
    expect(written).toHaveLength(2);
  });

  it("are written at once with a warning after them, and when they are many", () => {
    const { written, log } = open();
    log.info("one");
    log.warn("two");
    expect(written).toEqual(['{"level":30,"msg":"one"}\n{"level":40,"msg":"two"}\n']);
    log.info("x".repeat(65_536));
    expect(written).toHaveLength(2);
  });

  it("are written when they are asked for, once", () => {
    const { written, lines, log } = open();
    log.info("one");
    lines.flush();
    lines.flush();
    vi.advanceTimersByTime(100);
    expect(written).toEqual(['{"level":30,"msg":"one"}\n']);
  });
});
