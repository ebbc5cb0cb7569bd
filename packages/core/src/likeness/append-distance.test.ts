import { expect, it } from "vitest";
import { GraphBuilder } from "../graph/builder.ts";
import { testRandom } from "../testing/random.ts";
import { createReferenceBackend } from "../testing/reference-backend.ts";
import { appendLikenessDistance } from "./append-distance.ts";
import { learnDirections, unitDirections } from "./directions.ts";
import { likenessDistance, likenessVector } from "./distance.ts";

const WIDTHS = [12, 20];

it("the graph gives the distance that is learned by, also of a picture whose features are 0", async () => {
  const random = testRandom(4);
  const picture = () => WIDTHS.map((width) => Float32Array.from({ length: width }, () => random.next() ** 3));
  const numbers = learnDirections(Array.from({ length: 16 }, () => likenessVector(picture())));
  const builder = new GraphBuilder();
  const inputs = WIDTHS.map((width, i) => builder.input(`pooled${i}`, ["batch", width]));
  builder.output("distance", appendLikenessDistance(builder, inputs, numbers));
  const program = await createReferenceBackend().compile(builder.build());

  const pictures = [picture(), picture(), WIDTHS.map((width) => new Float32Array(width))];
  const feeds = WIDTHS.map((width, layer) => {
    const data = Float32Array.from(pictures.flatMap((layers) => [...(layers[layer] ?? [])]));
    return [`pooled${layer}`, { shape: [pictures.length, width], data }] as const;
  });
  const { distance } = await program.run(Object.fromEntries(feeds));
  const directions = unitDirections(
    numbers,
    WIDTHS.reduce((a, b) => a + b, 0),
  );
  const expected = pictures.map((layers) => likenessDistance(directions, likenessVector(layers)));
  expect(distance?.shape).toEqual([3, 1]);
  for (const [i, value] of expected.entries()) expect(distance?.data[i]).toBeCloseTo(value, 5);
  expect(expected[0]).toBeGreaterThan(0.001);
  expect(expected[2]).toBe(1);
});
