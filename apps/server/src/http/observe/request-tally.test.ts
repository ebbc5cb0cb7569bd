import { expect, it } from "vitest";
import { RequestTally } from "./request-tally.ts";

it("counts requests by procedure and status, and puts their times into buckets that hold those below", () => {
  const tally = new RequestTally();
  tally.add("runs.get", 200, 0.002);
  tally.add("runs.get", 200, 0.003);
  tally.add("runs.get", 404, 20);
  tally.add("runs.events", 200, undefined);
  const lines = tally.text().split("\n");
  for (const line of [
    'graft_requests_total{procedure="runs.get",status="200"} 2',
    'graft_requests_total{procedure="runs.get",status="404"} 1',
    'graft_requests_total{procedure="runs.events",status="200"} 1',
    'graft_request_seconds_bucket{le="0.001",procedure="runs.get"} 0',
    'graft_request_seconds_bucket{le="0.003",procedure="runs.get"} 2',
    'graft_request_seconds_bucket{le="10",procedure="runs.get"} 2',
    'graft_request_seconds_bucket{le="+Inf",procedure="runs.get"} 3',
    'graft_request_seconds_count{procedure="runs.get"} 3',
  ])
    expect(lines).toContain(line);
  expect(tally.text()).not.toContain('graft_request_seconds_count{procedure="runs.events"}');
});

it("keeps a label a label", () => {
  const tally = new RequestTally();
  tally.add('a"\\\nb', 200, undefined);
  expect(tally.text()).toContain('{procedure="a\\"\\\\\\nb",status="200"} 1');
});
