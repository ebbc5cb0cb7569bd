import { expect, it, vi } from "vitest";
import { TEST_BACKENDS } from "../backends.ts";
import { describeOn } from "../open-or-skip.ts";
import { makeTraining, memoryCheckpoints, runTraining } from "./training-problem.ts";

for (const candidate of TEST_BACKENDS.filter(({ id }) => id === "onnx:cpu")) {
  await describeOn(candidate, (engine) => {
    it("takes no less than no time, and about as long as it took, where the machine's clock is set back and forth", async () => {
      const [start, from] = [Date.now(), performance.now()];
      let calls = 0;
      // an hour back, two hours on, and so on, at every look
      const clock = vi
        .spyOn(Date, "now")
        .mockImplementation(() => start + 3_600_000 * (calls++ % 2 ? -1 : 1));
      const checkpoints = memoryCheckpoints();
      const config = { epochs: 4, batchSize: 8 };
      const { events, result } = await runTraining(makeTraining(engine, config, { checkpoints }));
      clock.mockRestore();
      expect(result.status).toBe("completed");
      expect(calls).toBeGreaterThan(1);
      const elapsed = (performance.now() - from) / 1000;
      const seconds = events.flatMap((event) =>
        event.type === "run-end" || event.type === "epoch-end" ? [event.seconds] : [],
      );
      expect(seconds).toHaveLength(5);
      for (const each of [...seconds, ...checkpoints.saved.map((saved) => saved.seconds)]) {
        expect(each).toBeGreaterThanOrEqual(0);
        expect(each).toBeLessThanOrEqual(elapsed);
      }
    });

    it("says how long a run took that an older graft began while the clock was set back", async () => {
      const checkpoints = memoryCheckpoints();
      const config = { epochs: 2, batchSize: 8 };
      await runTraining(makeTraining(engine, config, { checkpoints }));
      const [first] = checkpoints.saved;
      const start = memoryCheckpoints(first && { ...first, seconds: -3600 });
      const { events } = await runTraining(makeTraining(engine, config, { checkpoints: start }));
      expect(events.at(-1)).toMatchObject({ type: "run-end", status: "completed", epochs: 2 });
      expect(events.at(-1)).toHaveProperty(
        "seconds",
        expect.toSatisfy((seconds: number) => seconds >= 0),
      );
    });
  });
}
