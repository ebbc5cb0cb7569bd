import { readFile } from "node:fs/promises";
import type { Repository, WorkerRow } from "@graft/api";
import { writeWhole } from "@graft/core/node";
import * as z from "zod";

const idsSchema = z.array(z.string());

type Workers = Repository["workers"];

async function readIds(file: string): Promise<readonly string[]> {
  try {
    return idsSchema.parse(JSON.parse(await readFile(file, "utf8")));
  } catch {
    // there is none yet, or it is damaged: rows that nobody hears of go by themselves after a while
    return [];
  }
}

/**
 * The rows of those who work for this home's server, whose ids a file of the home keeps: a server that was killed leaves rows
 * behind, and the next one removes them. Several servers may share a store, so the store itself does not know whose they are.
 */
export class HomeWorkerRows implements Workers {
  readonly #workers: Workers;
  readonly #file: string;
  readonly #onError: (error: unknown) => void;
  /** Of a server that had this home before, not removed yet. */
  #before: Promise<readonly string[]>;
  readonly #ids = new Set<string>();
  #writing: Promise<void> = Promise.resolve();

  /** @param options.onError told of a file that cannot be written, which stops nothing */
  constructor(
    workers: Workers,
    { file, onError }: { readonly file: string; readonly onError: (error: unknown) => void },
  ) {
    this.#workers = workers;
    this.#file = file;
    this.#onError = onError;
    this.#before = readIds(file);
  }

  /** Removes rows of a server that had this home before. @throws CoreError as the store; the file has them still. */
  async forgetKilled(): Promise<void> {
    for (const id of await this.#before) await this.#workers.remove(id);
    this.#before = Promise.resolve([]);
  }

  async put(worker: WorkerRow): Promise<void> {
    // who was sent away is told of for a while, whoever told it
    if (worker.state !== "refused" && !this.#ids.has(worker.id)) {
      this.#ids.add(worker.id);
      await this.#write();
    }
    await this.#workers.put(worker);
  }

  heard(...asked: Parameters<Workers["heard"]>): Promise<boolean> {
    return this.#workers.heard(...asked);
  }

  list(): Promise<readonly WorkerRow[]> {
    return this.#workers.list();
  }

  async remove(id: string): Promise<void> {
    await this.#workers.remove(id);
    this.#ids.delete(id);
  }

  #write(): Promise<void> {
    this.#writing = this.#writing
      .then(async () => {
        const ids = [...(await this.#before), ...this.#ids];
        await writeWhole(this.#file, JSON.stringify(ids));
      })
      .catch(this.#onError);
    return this.#writing;
  }
}
