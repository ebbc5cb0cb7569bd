import { expect, it } from "vitest";
import { OpenStreams } from "./open-streams.ts";

it("opens a few for each token and not too many in all, and counts those that closed no more", () => {
  const streams = new OpenStreams({ streams: 3, streamsPerToken: 2 });
  const leave = streams.open("a");
  streams.open("a");
  expect(() => streams.open("a")).toThrow("This token has too many streams open.");
  streams.open("b");
  expect(() => streams.open("c")).toThrow("The server has too many streams open.");
  leave();
  // a stream that ends and closes tells of it twice
  leave();
  expect(streams.total).toBe(2);
  streams.open("c");
  expect(() => streams.open("a")).toThrow("too many");
});
