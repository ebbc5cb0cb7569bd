import type { Backend } from "@graft/core";

/** A backend that counts what was made with it and is not yet disposed of. */
export interface CountedBackend {
  readonly backend: Backend;
  readonly held: () => number;
}

/** The same backend to its users; its programs and states stay its own. */
export function countHeld(backend: Backend): CountedBackend {
  const live = new Set<object>();
  const counted = <T extends { dispose(): void }>(made: T): T => {
    live.add(made);
    const dispose = made.dispose.bind(made);
    return Object.assign(made, {
      dispose: () => {
        live.delete(made);
        dispose();
      },
    });
  };
  return {
    held: () => live.size,
    backend: {
      ...{ id: backend.id, kind: backend.kind, device: backend.device },
      limits: backend.limits,
      compile: async (graph) => counted(await backend.compile(graph)),
      createState: async (graph) => counted(await backend.createState(graph)),
      dispose: () => backend.dispose(),
      [Symbol.asyncDispose]: () => backend.dispose(),
    },
  };
}
