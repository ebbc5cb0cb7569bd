import { checkInt8 } from "@graft/backend-select";
import type { Backend, WorkspaceEvent } from "@graft/core";
import { NodeWorkspace } from "@graft/core/node";
import { temporaryFolder } from "../cli/run-graft.ts";

/**
 * A machine with an empty home of its own, where "emoji" and the bundled weights always are.
 * @param backend its caller's, who disposes of it in the end; what is compiled goes with the host.
 */
export async function emojiHost(
  backend: Backend,
  hears: { readonly signal?: AbortSignal; readonly onEvent?: (event: WorkspaceEvent) => void } = {},
): Promise<NodeWorkspace> {
  const { signal = new AbortController().signal, onEvent = () => undefined } = hears;
  return new NodeWorkspace({
    ...{ home: await temporaryFolder("jobs"), env: { GRAFT_OFFLINE: "1" }, checkInt8, versions: {} },
    ...{ signal, onEvent },
    selectBackend: async () => ({ backend, refusals: [] }),
  });
}
