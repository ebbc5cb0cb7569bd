import { blockParameters, createRandom, GraphBuilder } from "@graft/core";
import { FusedMemory } from "../fused/memory.ts";
import { FusedProgram } from "../fused/program.ts";
import type { Team } from "../fused/team.ts";
import { medianMs } from "./median.ts";

const ROWS = 4096;
const COLUMNS = 256;
const BATCH = 16;
const BLOCKS = 16;
const FLOAT_BYTES = Float32Array.BYTES_PER_ELEMENT;
const RUNS = 7;

/** Milliseconds of one product [16, 4096] · [4096, 256] by a team's threads. */
export async function teamMs(team: Team): Promise<number> {
  const b = new GraphBuilder();
  b.output("y", b.matmul(b.input("x", ["batch", ROWS]), b.parameter("w", [ROWS, COLUMNS])));
  const graph = blockParameters(b.build(), (ROWS * COLUMNS * FLOAT_BYTES) / BLOCKS);
  const program = FusedProgram.of(graph, { minBytes: 0, shared: true });
  if (!program) throw new TypeError("a dense layer on an input is what the kernels are for");
  const memory = new FusedMemory(program.work.parameters, program);
  const random = createRandom("team-speed");
  const x = { shape: [BATCH, ROWS], data: Float32Array.from({ length: BATCH * ROWS }, () => 1 + random()) };
  try {
    await team.ready();
    return await medianMs(() => program.begin({ x }, memory, team).forward(), RUNS);
  } finally {
    memory.dispose();
    program.dispose();
  }
}
