import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Files that take half a minute and more on two cores, dearest first. A run that remembers none before it, as CI's, would
 * start the largest files first, and some of these are a few lines: the last one began when all others were done.
 */
const DEAREST: readonly string[] = [
  "test/contract/webgpu.test.ts",
  "test/packaging/pack.test.ts",
  "test/crash/campaign.test.ts",
  "test/server/runs/shards.test.ts",
  "test/cli/server.test.ts",
  "test/browser/train.test.ts",
  "test/server/serve/serve.test.ts",
  "test/parity/classic-head.test.ts",
  "test/cli/places.test.ts",
  "test/cli/server-models.test.ts",
  "test/cli/sweep.test.ts",
  "test/server/generated-roles.test.ts",
  "test/parity/accuracy.test.ts",
  "test/quantize/command.test.ts",
  "test/server/searches/searches.test.ts",
  "test/protocol/protocol.test.ts",
  "test/server/generated-input.test.ts",
  "test/train/likeness.test.ts",
  "test/server/serve/backup.test.ts",
  "test/server/workers/remote-workers.test.ts",
  "test/server/store/open-pglite.test.ts",
  "test/cli/own-weights.test.ts",
  "test/server/generated-examples.test.ts",
  "test/server/import-home/import-home.test.ts",
  "test/server/backup/backup.test.ts",
  "test/crash/database-gone.test.ts",
  "test/cli/demo.test.ts",
  "test/train/crash.test.ts",
  "test/browser/engines.test.ts",
  "test/parity/trunk-sizes.test.ts",
  "test/parity/fine-tune.test.ts",
  "test/parity/trunk.test.ts",
  "test/contract/backends.test.ts",
];

const rankOf = ({ moduleId }: TestSpecification): number => {
  const rank = DEAREST.findIndex((path) => moduleId.replaceAll("\\", "/").endsWith(path));
  return rank < 0 ? DEAREST.length : rank;
};

/** Starts the dearest test files first, the others in vitest's own order, so that no worker is left with one at the end. */
export class DearestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    return (await super.sort(files)).sort((a, b) => rankOf(a) - rankOf(b));
  }
}
