import { HOST_ROUTES, PERMISSIONS } from "@graft/api";
import { expect, it } from "vitest";
import { faultsOf } from "./from-router/faults.ts";
import { PROCEDURES } from "./from-router/procedures.ts";

it("the table of permissions and the router have the same procedures", () => {
  const procedures = PROCEDURES.map(({ path }) => path);
  const lines = Object.keys(PERMISSIONS).filter((name) => !HOST_ROUTES.includes(name));
  expect(lines.sort()).toEqual(procedures.toSorted());
  expect(procedures.filter((path) => HOST_ROUTES.includes(path))).toEqual([]);
  expect(PROCEDURES.length).toBeGreaterThan(15);
});

it("no two procedures have one method and path", () => {
  const places = PROCEDURES.map(({ meta }) => `${meta?.method} ${meta?.path.replace(/\{[^}]*\}/g, "{}")}`);
  expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
});

it.each(PROCEDURES)("$path says what it does, takes known keys, and answers in plain JSON", (procedure) => {
  expect(faultsOf(procedure)).toEqual([]);
});
