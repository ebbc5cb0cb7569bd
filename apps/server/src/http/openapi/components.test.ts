import { describe, expect, it } from "vitest";
import * as z from "zod";
import { jsonSchemaOf } from "../rpc/json-schema.ts";
import { Components } from "./components.ts";

describe("the document's named schemas", () => {
  it("stand once, however often they are used", () => {
    const Page = z.object({ next: z.string().optional() }).meta({ id: "PageOfTest" });
    const components = new Components();
    const one = components.place(jsonSchemaOf(z.object({ page: Page }), "output"), "a.output");
    const two = components.place(jsonSchemaOf(z.array(Page), "output"), "b.output");
    expect(Object.keys(components.schemas)).toEqual(["PageOfTest"]);
    expect(JSON.stringify([one, two]).match(/"#\/components\/schemas\/PageOfTest"/g)).toHaveLength(2);
  });

  it("of two that share a name both stand", () => {
    const Sized = z.object({ size: z.int().default(3) }).meta({ id: "SizedOfTest" });
    const components = new Components();
    components.place(jsonSchemaOf(z.object({ of: Sized }), "input"), "a.input");
    const out = components.place(jsonSchemaOf(z.object({ of: Sized }), "output"), "a.output");
    expect(components.schemas).toMatchObject({ SizedOfTest2: { required: ["size"] } });
    expect(components.schemas.SizedOfTest).not.toHaveProperty("required");
    expect(out).toMatchObject({ properties: { of: { $ref: "#/components/schemas/SizedOfTest2" } } });
  });

  it("may hold themselves", () => {
    const Tree = z.object({
      name: z.string(),
      get children() {
        return z.array(Tree);
      },
    });
    const components = new Components();
    expect(components.place(jsonSchemaOf(Tree, "output"), "trees.get.output")).toEqual({
      $ref: "#/components/schemas/trees.get.output",
    });
    expect(components.schemas["trees.get.output"]).toMatchObject({
      properties: { children: { items: { $ref: "#/components/schemas/trees.get.output" } } },
    });
  });
});
