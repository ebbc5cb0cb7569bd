import { CoreError } from "../errors.ts";
import { locationOf } from "../jobs/open-dataset.ts";
import type { StoredRun } from "../runs/types.ts";
import type { CallMethod } from "./host-calls.ts";
import type { SearchWork, Work } from "./messages.ts";

const WORDS = { dataset: "data set", weights: "weights", run: "run" } as const;

/** What a worker asks that helps with a run of another. */
const HELP_METHODS: ReadonlySet<CallMethod> = new Set<CallMethod>([
  ...(["help.open", "shards.next", "image.read"] as const),
  ...(["features.get", "features.has", "features.put", "features.lease", "features.release"] as const),
]);

/** What a worker may ask for by name: the data set, the weights and the run of its job. All else of the host is not its business. */
export class JobScope {
  /** Id that its host has for the run; undefined: any new one. */
  readonly #newRun: string | undefined;
  /** It computes features for a run that another worker has. */
  readonly #isHelp: boolean;
  readonly #names = { dataset: new Set<string>(), weights: new Set<string>(), run: new Set<string>() };

  constructor(work: Work | SearchWork) {
    this.#isHelp = work.kind === "extract";
    if (work.kind === "resume" || work.kind === "extract") this.#names.run.add(work.run);
    else {
      if (work.kind === "train") this.#newRun = work.run;
      this.#names.dataset.add(work.dataset);
      this.#names.weights.add(String(work.config.weights ?? "auto"));
    }
  }

  /** A run that the worker made or opened, and what it began with. */
  add(run: Pick<StoredRun, "id" | "record">): void {
    const { record } = run;
    this.#names.run.add(run.id);
    this.#names.dataset.add(locationOf(run) ?? record.datasetName);
    this.#names.weights.add(record.config.weights).add(record.weights.source);
  }

  /** @throws CoreError `conflict` for a helper that asks for more than shards and writes more than features. */
  checkMethod(method: CallMethod): void {
    if (!this.#isHelp || HELP_METHODS.has(method)) return;
    throw new CoreError("conflict", {
      what: "A worker that helps with a run is told of its shards and writes nothing but features.",
      received: method,
    });
  }

  /** @throws CoreError `not-found` for another run than the one that the host asked for. */
  checkNewRun(id: string): void {
    if (this.#newRun !== undefined && this.#newRun !== id) throw notOfJob("run", id);
  }

  /** @throws CoreError `not-found` for what belongs to others. */
  check(kind: keyof typeof WORDS, name: string): void {
    if (!this.#names[kind].has(name)) throw notOfJob(kind, name);
  }
}

function notOfJob(kind: keyof typeof WORDS, name: string): CoreError {
  return new CoreError("not-found", {
    what: `The worker's job has no such ${WORDS[kind]}.`,
    received: name,
  });
}
