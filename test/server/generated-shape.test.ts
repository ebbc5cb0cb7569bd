import { PERMISSIONS } from "@graft/api";
import { expect, it } from "vitest";
import { faultsOf } from "./from-router/faults.ts";
import { PROCEDURES } from "./from-router/procedures.ts";

it("the table of permissions and the router have the same procedures", () => {
  expect(Object.keys(PERMISSIONS).sort()).toEqual(PROCEDURES.map(({ path }) => path).sort());
  expect(PROCEDURES.length).toBeGreaterThan(15);
});

it("no two procedures have one method and path", () => {
  const places = PROCEDURES.map(({ meta }) => `${meta?.method} ${meta?.path.replace(/\{[^}]*\}/g, "{}")}`);
  expect(places.filter((place, at) => places.indexOf(place) !== at)).toEqual([]);
});

it.each(PROCEDURES)("$path says what it does, takes known keys, and answers in plain JSON", (procedure) => {
  expect(faultsOf(procedure)).toEqual([]);
});
