import { CoreError, MODEL_FILES, type ModelManifest, parseManifest } from "@graft/core";
import type { BlobStore } from "../ports/blob-store.ts";
import type { Clock } from "../ports/clock.ts";
import type { ServedFolder, ServedModel } from "../ports/predictor.ts";
import type { Repository } from "../ports/repository.ts";
import type { RunFileRow, RunRow } from "../ports/rows.ts";
import { decidedOf } from "../runs/decisions.ts";

/** Where a run's model is among its files. */
export const MODEL_FOLDER = "model";

/** What is told of a model without asking it; the pictures it was trained on are left aside, which may be many. */
export type ModelFacts = Omit<ModelManifest, "trainedOn" | "files">;

/** A finished run's model, ready to be asked. */
export interface ServedRun {
  readonly model: ServedModel;
  readonly facts: ModelFacts;
  readonly files: readonly RunFileRow[];
}

interface Known<T> {
  readonly until: number;
  readonly value: Promise<T>;
}

/** Models whose facts stay in memory. */
const MOST_KNOWN = 500;
/** A threshold that is moved counts from then on; a request a moment before goes by the old one. */
const DECIDED_MS = 1000;

/** A model's folder over its rows and blobs. */
function servedFolder(run: string, files: readonly RunFileRow[], blobs: BlobStore): ServedFolder {
  const name = `the model of run ${run}`;
  const byPath = new Map(files.map((file) => [file.path.slice(MODEL_FOLDER.length + 1), file]));
  return {
    name,
    nameOf: (path) => `${path} of ${name}`,
    size: async (path) => byPath.get(path)?.bytes,
    async readRange(path, start, length) {
      const file = byPath.get(path);
      return file && blobs.readRange(file.hash, start, length);
    },
  };
}

/** Finds what requests are asked of. A finished run's model never changes, so what is known of one stays known. */
export class ServedRuns {
  readonly #repository: Pick<Repository, "runs">;
  readonly #blobs: BlobStore;
  readonly #clock: Clock;
  /** By run; used last is last. */
  readonly #served = new Map<string, Promise<ServedRun>>();
  /** By run. */
  readonly #thresholds = new Map<string, Known<number | null>>();

  constructor(ports: {
    readonly repository: Pick<Repository, "runs">;
    readonly blobs: BlobStore;
    readonly clock: Clock;
  }) {
    this.#repository = ports.repository;
    this.#blobs = ports.blobs;
    this.#clock = ports.clock;
  }

  /** @throws CoreError `not-found` for a run without a model, `corrupt`, `unsupported`, `unreadable`. */
  of(run: RunRow): Promise<ServedRun> {
    const key = `${run.id} ${run.endedAt}`;
    const served = this.#served.get(key) ?? this.#find(run);
    this.#served.delete(key);
    this.#served.set(key, served);
    for (const oldest of [...this.#served.keys()].slice(0, -MOST_KNOWN)) this.#served.delete(oldest);
    served.catch(() => this.#served.delete(key));
    return served;
  }

  /** Least score of an answer, as it is decided now; null: every answer stands. */
  notSureBelow({ id, dataset }: RunRow): Promise<number | null> {
    const known = this.#thresholds.get(id);
    if (known && known.until > this.#clock()) return known.value;
    const value = this.#repository.runs.decisions(dataset).then((rows) => decidedOf(id, rows).notSureBelow);
    if (this.#thresholds.size >= MOST_KNOWN) this.#thresholds.clear();
    this.#thresholds.set(id, { value, until: this.#clock() + DECIDED_MS });
    value.catch(() => this.#thresholds.delete(id));
    return value;
  }

  async #find(run: RunRow): Promise<ServedRun> {
    const files = await this.#repository.runs.files(run.id, MODEL_FOLDER);
    const path = `${MODEL_FOLDER}/${MODEL_FILES.manifest}`;
    const manifest = files.find((file) => file.path === path);
    if (!run.hasModel || !manifest)
      throw new CoreError("not-found", {
        what: "This run has no model yet.",
        received: run.id,
        fix: "Wait until it is done, or resume it.",
      });
    const folder = servedFolder(run.id, files, this.#blobs);
    const text = new TextDecoder().decode(await this.#blobs.read(manifest.hash));
    const { trainedOn: _, files: __, ...facts } = parseManifest(text, folder.nameOf(MODEL_FILES.manifest));
    return { facts, files, model: { key: manifest.hash, folder } };
  }
}
