/** Opens and closes tfjs:webgpu many times with the garbage collector run between; needs --expose-gc. */
import { setImmediate } from "node:timers/promises";
import { createTfjsBackend } from "@graft/backend-select";
import { GraphBuilder } from "@graft/core";

/** In a function of its own, so that nothing of a round is reachable after it. */
async function round(): Promise<void> {
  const backend = await createTfjsBackend({ device: "webgpu", allowSoftware: true });
  const builder = new GraphBuilder();
  builder.output("y", builder.scale(builder.input("x", ["batch"]), 2, 0));
  const program = await backend.compile(builder.build());
  const { y } = await program.run({ x: { shape: [3], data: Float32Array.of(1, 2, 3) } });
  await backend.dispose();
  process.stdout.write(`${y?.data}\n`);
}

for (let count = 0; count < 15; count++) {
  await round();
  globalThis.gc?.();
  if (count % 2 === 1) await setImmediate();
  globalThis.gc?.();
}
