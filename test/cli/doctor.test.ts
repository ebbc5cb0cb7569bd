import { availableParallelism } from "node:os";
import { expect, it } from "vitest";
import { graft, jsonLines, temporaryFolder } from "./run-graft.ts";

it("tells the machine and the speed of every usable engine, also of one beside another of its kind", async () => {
  const home = await temporaryFolder("doctor");
  const { code, stdout } = await graft(["doctor", "--json"], home);
  expect(code).toBe(0);
  const [report] = jsonLines(stdout);
  expect(Object.keys(report ?? {})).toEqual([
    ...[
      "node",
      "platform",
      "processor",
      "threads",
      "memoryBytes",
      "freeMemoryBytes",
      "home",
      "freeDiskBytes",
    ],
    ...["candidates", "chosen"],
  ]);
  const [platform, threads] = [`${process.platform} ${process.arch}`, availableParallelism()];
  expect(report).toMatchObject({ node: process.version, platform, threads, home });
  const usable = Object(report).candidates.filter(({ usable }: { usable: boolean }) => usable);
  expect(usable.map(({ id }: { id: string }) => id)).toEqual(
    expect.arrayContaining(["onnx:cpu", "tfjs:wasm", "tfjs:cpu"]),
  );
  for (const { id, imagesPerSecond } of usable) expect(imagesPerSecond, id).toBeGreaterThan(0);
  const inInt8 = usable.flatMap(
    ({ id, int8ImagesPerSecond }: { id: string; int8ImagesPerSecond?: number }) =>
      int8ImagesPerSecond === undefined ? [] : [id, int8ImagesPerSecond > 0],
  );
  expect(inInt8).toEqual(["onnx:cpu", true]);
});
