import type { TestRandom } from "@graft/core/testing";
import type { ServerChild } from "./process-table.ts";
import type { Phase } from "./stage.ts";

/** "trainer": whoever has the run that is in the phase, a training child or the remote worker. */
export type PlannedTarget = "server" | "trainer" | Exclude<ServerChild, "training child">;
export type Target = "server" | "remote worker" | ServerChild;

export interface PlannedKill {
  readonly phase: Exclude<Phase, "start">;
  readonly target: PlannedTarget;
}

function shuffled<T>(random: TestRandom, items: readonly T[]): readonly T[] {
  return items
    .map((item) => ({ item, at: random.next() }))
    .sort((a, b) => a.at - b.at)
    .map(({ item }) => item);
}

/** Ten kills of a round, so that each phase and each target has its share; in which order within a phase is drawn. */
export function planOfRound(random: TestRandom): readonly PlannedKill[] {
  const targets: Readonly<Record<PlannedKill["phase"], readonly PlannedTarget[]>> = {
    upload: ["server", "server"],
    import: ["importing child", "server"],
    extraction: ["trainer", "server"],
    training: ["trainer", "server"],
    export: [random.pick(["server", "exporting child"]), "predicting child"],
  };
  const { upload, import: imports, extraction, training, export: exports } = targets;
  return [
    ...upload.map((target) => ({ phase: "upload", target }) as const),
    ...shuffled(random, imports).map((target) => ({ phase: "import", target }) as const),
    ...shuffled(random, extraction).map((target) => ({ phase: "extraction", target }) as const),
    ...shuffled(random, training).map((target) => ({ phase: "training", target }) as const),
    ...shuffled(random, exports).map((target) => ({ phase: "export", target }) as const),
  ];
}
