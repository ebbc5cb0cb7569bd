import { createReadStream } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type {
  EvaluateRequest,
  ExportRequest,
  LabelledPictures,
  MadeExport,
  ModelEvaluation,
} from "@graft/api";
import { CoreError, type Split } from "@graft/core";
import type { CallHost } from "./child-link.ts";
import { exportPlace } from "./export-place.ts";
import { KeptChild, type KeptChildOptions } from "./kept-child.ts";
import type { PictureList } from "./request-messages.ts";
import { Turns } from "./turns.ts";

export interface WorkshopOptions extends Omit<KeptChildOptions, "program" | "idleMs"> {
  /** Of its own, for exports while they are made. */
  readonly folder: string;
}

/** What it has loaded is given back then. */
const IDLE_MS = 60_000;

/** Evaluates and exports models, one after the other, in a process of its own: predictions go on beside it. */
export class Workshop {
  readonly #child: KeptChild;
  readonly #folder: string;
  readonly #turns = new Turns();
  #swept: Promise<void> | undefined;

  constructor({ folder, ...options }: WorkshopOptions) {
    this.#child = new KeptChild({ ...options, program: "workshop", idleMs: IDLE_MS });
    this.#folder = folder;
    // at once, as nobody may export anything for long; who does hears why it cannot be done
    void this.#sweep();
  }

  evaluate(request: EvaluateRequest): Promise<ModelEvaluation> {
    const { model, pictures, part, precisionTarget, split, splitGap, page, training, signal } = request;
    const asked = {
      ...{ model: model.key, pictures: listOf(pictures) },
      ...{ ...(split && { split: splitOver(split, pictures) }), ...(page && { page }) },
      ...(training && { training: listOf(training) }),
      ...(splitGap === undefined ? {} : { splitGap }),
      ...(part === undefined ? {} : { part }),
      ...(precisionTarget === undefined ? {} : { precisionTarget }),
    };
    const host = { folder: model.folder, ...readerOf(pictures, ...(training ? [training] : [])) };
    return this.#inTurn(signal, () =>
      this.#child.use((link) => link.ask("evaluate", asked, { host, signal })),
    );
  }

  async export(request: ExportRequest): Promise<MadeExport> {
    const { model, format, columns, notSureBelow, pictures, signal } = request;
    await this.#sweep();
    const folder = await mkdtemp(join(this.#folder, "export-"));
    const remove = (): Promise<void> => rm(folder, { recursive: true, force: true });
    try {
      const asked = {
        ...{ model: model.key, format, folder },
        ...(pictures === undefined ? {} : { pictures: listOf(pictures) }),
        ...(columns === undefined ? {} : { columns }),
        ...(notSureBelow === undefined ? {} : { notSureBelow }),
      };
      const host = { folder: model.folder, ...(pictures ? readerOf(pictures) : {}) };
      const findings = await this.#inTurn(signal, () =>
        this.#child.use((link) => link.ask("export", asked, { host, signal })),
      );
      return { findings, files: await filesIn(exportPlace(folder, format)), [Symbol.asyncDispose]: remove };
    } catch (error) {
      await remove();
      throw error;
    }
  }

  async close(): Promise<void> {
    await this.#child.close();
    await this.#swept?.catch(() => undefined);
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** Removes what a killed server left; the folder is nobody else's. */
  #sweep(): Promise<void> {
    if (this.#swept === undefined) {
      const swept = rm(this.#folder, { recursive: true, force: true }).then(async () => {
        await mkdir(this.#folder, { recursive: true });
      });
      this.#swept = swept;
      // another try may find room
      swept.catch(() => {
        this.#swept = undefined;
      });
    }
    return this.#swept;
  }

  async #inTurn<T>(signal: AbortSignal | undefined, work: () => Promise<T>): Promise<T> {
    return this.#turns.take(async () => {
      if (signal?.aborted) throw new CoreError("cancelled", { what: "The request was cancelled." });
      return work();
    });
  }
}

const listOf = ({ name, labels, images }: LabelledPictures): PictureList => ({
  ...{ name, labels: [...labels], images: [...images] },
});

/** A run's split may name a hundred thousand pictures, of which a request has a few. */
function splitOver(split: Split, { images }: LabelledPictures): Split {
  const known = new Set(images.map(({ hash }) => hash));
  const of = (hashes: readonly string[]): string[] => hashes.filter((hash) => known.has(hash));
  return { ...split, train: of(split.train), validation: of(split.validation), test: of(split.test) };
}

/** Gives the process the pictures of its request, and no others. */
function readerOf(...lists: readonly LabelledPictures[]): Pick<CallHost, "picture"> {
  const known = new Map(
    lists.toReversed().flatMap(({ images, read }) => images.map(({ hash }) => [hash, read] as const)),
  );
  return {
    picture: async (hash) => {
      const read = known.get(hash);
      if (read) return read(hash);
      throw new CoreError("not-found", { what: "The request has no such picture.", received: hash });
    },
  };
}

async function filesIn(folder: string): Promise<MadeExport["files"]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return Promise.all(
    files.map(async ({ parentPath, name }) => {
      const full = join(parentPath, name);
      const path = full.slice(folder.length + 1).replaceAll("\\", "/");
      return { path, bytes: (await stat(full)).size, read: () => createReadStream(full) };
    }),
  );
}
