import { describe, expect, it } from "vitest";
import { RouteTable } from "./route-table.ts";

const table = new RouteTable([
  { method: "GET", path: "/datasets", target: "list" },
  { method: "POST", path: "/datasets", target: "create" },
  { method: "GET", path: "/datasets/known", target: "known" },
  { method: "GET", path: "/datasets/{dataset}", target: "get" },
  { method: "GET", path: "/datasets/{dataset}/images", target: "images" },
  { method: "GET", path: "/runs/{run}/files/{path+}", target: "file" },
]);

const found = (method: string, path: string): unknown => {
  const match = table.find(method, path);
  return match && "target" in match ? [match.target, Object.fromEntries(match.parts)] : match;
};

describe("a table of routes", () => {
  it.each([
    ["GET", "/datasets", ["list", {}]],
    ["POST", "/datasets", ["create", {}]],
    // a fixed part goes before one that may be anything
    ["GET", "/datasets/known", ["known", {}]],
    ["GET", "/datasets/x", ["get", { dataset: "x" }]],
    ["GET", "/datasets/known/images", ["images", { dataset: "known" }]],
    ["GET", "/datasets/a%2Fb%20%E2%82%AC", ["get", { dataset: "a/b €" }]],
    ["GET", "/runs/r/files/model/model.json", ["file", { run: "r", path: "model/model.json" }]],
    ["GET", "/runs/r/files/model%2Fmodel.json", ["file", { run: "r", path: "model/model.json" }]],
    ["GET", "/runs/r/files/..%2f..%2fetc", ["file", { run: "r", path: "../../etc" }]],
  ])("%s %s", (method, path, expected) => expect(found(method, path)).toEqual(expected));

  it.each([
    ["GET", "/"],
    ["GET", ""],
    ["GET", "/nothing"],
    ["GET", "/datasets/"],
    ["GET", "/datasets//images"],
    ["GET", "/datasets/x/images/more"],
    ["GET", "/runs/r/files"],
    ["GET", "/runs/r/files/"],
    // no text at all
    ["GET", "/datasets/%FF"],
    ["GET", "/datasets/%"],
  ])("has nothing at %s %s", (method, path) => expect(found(method, path)).toBeUndefined());

  it("says which methods a path takes", () => {
    expect(found("DELETE", "/datasets")).toEqual(["GET", "POST"]);
  });

  it("refuses two routes of one method and path", () => {
    const route = { method: "GET", path: "/a/{b}", target: 1 };
    expect(() => new RouteTable([route, { ...route, path: "/a/{c}" }])).toThrow(
      "two routes answer GET /a/{c}",
    );
  });
});
