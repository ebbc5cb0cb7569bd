import { cp, mkdir, readdir } from "node:fs/promises";
import { join } from "node:path";
import { checkInt8 } from "@graft/backend-select";
import type { WorkspaceEvent } from "@graft/core";
import { NodeWorkspace } from "@graft/core/node";
import type { TestBackend } from "../backends.ts";
import { ROOT, temporaryFolder } from "../cli/run-graft.ts";

const EMOJI = join(ROOT, "packages/core/assets/emoji");

/** Copies the first `perClass` emoji of each class, for tests that need few images. @returns the folder of the classes. */
export async function someEmoji(perClass: number): Promise<string> {
  const folder = await temporaryFolder("emoji");
  for (const label of ["animal", "food", "transport"]) {
    await mkdir(join(folder, label));
    for (const name of (await readdir(join(EMOJI, label))).sort().slice(0, perClass))
      await cp(join(EMOJI, label, name), join(folder, label, name));
  }
  return folder;
}

/** A machine with an empty home and an engine of its own, where "emoji" and the bundled weights always are. */
export async function emojiHost(
  { open }: Pick<TestBackend, "open">,
  hears: { readonly signal?: AbortSignal; readonly onEvent?: (event: WorkspaceEvent) => void } = {},
): Promise<NodeWorkspace> {
  const { signal = new AbortController().signal, onEvent = () => undefined } = hears;
  return new NodeWorkspace({
    ...{ home: await temporaryFolder("jobs"), env: { GRAFT_OFFLINE: "1" }, checkInt8, versions: {} },
    ...{ signal, onEvent },
    async selectBackend() {
      const backend = await open();
      if ("refusal" in backend) throw new Error(backend.refusal);
      return { backend, refusals: [] };
    },
  });
}
