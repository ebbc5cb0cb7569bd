import { CoreError } from "../errors.ts";

/** What every engine's state refuses, in the same words. */
export const stateRefusals = {
  disposed: (): CoreError => new CoreError("backend", { what: "This state was disposed of." }),

  noSuchParameter: (received: string, known: Iterable<string>): CoreError =>
    new CoreError("bad-input", {
      what: "The state has no such parameter.",
      received,
      expected: `one of ${[...known].join(", ")}`,
    }),

  /** @throws CoreError `bad-input` for the first of `values` that has not the length that `lengthOf` tells. */
  checkLengths(values: ReadonlyMap<string, Float32Array>, lengthOf: (name: string) => number): void {
    for (const [name, value] of values) {
      const length = lengthOf(name);
      if (value.length === length) continue;
      throw new CoreError("bad-input", {
        what: `The parameter ${name} has the wrong length.`,
        received: `${value.length} numbers`,
        expected: `${length}`,
      });
    }
  },
};
