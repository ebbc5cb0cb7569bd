import { afterAll, beforeAll, expect, it } from "vitest";
import { call } from "./from-router/call.ts";
import { ExampleOwner } from "./from-router/example-owner.ts";
import { filled } from "./from-router/examples.ts";
import { inputSchema } from "./from-router/json-schema.ts";
import { PROCEDURES } from "./from-router/procedures.ts";
import { openServices, type TestServices } from "./open-services.ts";

/** Whole numbers that a procedure takes, with the largest of each. */
const LARGEST = PROCEDURES.flatMap((procedure) => {
  const { properties = {} } = inputSchema(procedure);
  return Object.entries(properties).flatMap(([name, { type, maximum }]) =>
    type === "integer" ? [{ path: procedure.path, name, largest: maximum, procedure }] : [],
  );
});

let test: TestServices;
let owner: ExampleOwner;
beforeAll(async () => {
  test = await openServices();
  owner = await ExampleOwner.open(test, "admin");
});
afterAll(() => test[Symbol.asyncDispose]());

it.each(LARGEST)(
  "the largest number that is taken is answered as any other: $path, $name = $largest",
  async ({ path, name, largest, procedure }) => {
    await owner.renewIfSpoilt();
    const example = filled(procedure.meta?.example, (id) => Reflect.get(owner.ids, id));
    const input = { ...Object(example), [name]: largest };
    const answer = await call(test.services, await owner.signedIn("admin"), { path, input });
    expect(["internal", "hang"], JSON.stringify(answer)).not.toContain(answer.code);
  },
);
