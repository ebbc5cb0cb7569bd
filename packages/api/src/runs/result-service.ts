import { CoreError, type Folder } from "@graft/core";
import * as z from "zod";
import { checkPicturesOf } from "../datasets/own-images.ts";
import type { Access } from "../identity/access.ts";
import type { Caller } from "../identity/identity.ts";
import type { Page, PageRequest } from "../ports/paging.ts";
import type { Repository } from "../ports/repository.ts";
import type { RunRow } from "../ports/rows.ts";
import { ANSWERS_FILE, parseAnswers } from "./answers-file.ts";
import {
  type Compared,
  keptApart,
  optionDifferences,
  pictureDifferences,
  type SharedPicture,
  sharedPictures,
  verdicts,
} from "./compare.ts";
import type { FrozenStore } from "./frozen-store.ts";
import {
  type Answered,
  doubtful,
  evaluated,
  isRight,
  notSureFor,
  type RunResult,
  resultOf,
  surest,
  thresholdTable,
} from "./result.ts";
import type {
  ComparisonView,
  DisagreementView,
  HeatMapView,
  PictureView,
  ResultPictureView,
  ResultView,
  ThresholdsView,
} from "./result-view.ts";
import { thinned } from "./thin.ts";

/** Results that stay in memory. */
const KEPT = 6;
/** Pictures that are named of a difference. */
const NAMED = 100;
const TARGETS = [0.95, 0.99] as const;

/** Answers are a model's: why there are none, and what to do, by what the run is. */
const WITHOUT_RESULT: Readonly<Record<RunRow["state"], { readonly what: string; readonly fix: string }>> = {
  queued: {
    what: "This run has no result yet: it waits for a worker.",
    fix: "Ask again when it is done.",
  },
  running: {
    what: "This run has no result yet: it is under way.",
    fix: "Ask again when it is done; its curve shows how far it is.",
  },
  interrupted: {
    what: "This run has no result: it was stopped before its model was made.",
    fix: "Go on with it; its curve shows how far it came.",
  },
  cancelled: {
    what: "This run has no result: it was given up before its model was made.",
    fix: "Train again with the same options; its curve shows how far it came.",
  },
  failed: {
    what: "This run has no result: it failed before its model was made.",
    fix: "Look at its error, and go on with it when that is mended.",
  },
  completed: {
    what: "This run has no result: it held no picture back to ask its model about.",
    fix: "Have pictures held back, and train again.",
  },
};

/** Of an option, in several runs. */
const optionValues = z.array(z.json());

/** What came of runs: from stored answers, so that pictures that were deleted since change nothing. */
export class ResultService {
  readonly #repository: Repository;
  readonly #access: Access;
  readonly #frozen: FrozenStore;
  readonly #folderOf: (run: string) => Folder;
  /** Used last is last. */
  readonly #kept = new Map<string, Promise<RunResult | undefined>>();

  constructor(options: {
    readonly repository: Repository;
    readonly access: Access;
    readonly frozen: FrozenStore;
    readonly folderOf: (run: string) => Folder;
  }) {
    this.#repository = options.repository;
    this.#access = options.access;
    this.#frozen = options.frozen;
    this.#folderOf = options.folderOf;
  }

  /** @throws CoreError `not-found`, for a run that has no result too. */
  async result(caller: Caller, run: string): Promise<ResultView> {
    const result = await this.#of(await this.#access.run(caller, run));
    const { perClass, confusion, interval, ...scores } = evaluated(result);
    const recalls = perClass.flatMap(({ recall }) => recall ?? []);
    return {
      ...{ ...scores, interval: [...interval] },
      labels: [...result.labels],
      meanOfClasses: recalls.reduce((sum, recall) => sum + recall, 0) / recalls.length,
      perClass: perClass.map((score) => ({ ...score })),
      confusion: confusion.map((row) => [...row]),
      numMistakes: result.answered.filter((one) => !isRight(one)).length,
      numDoubtful: doubtful(result).length,
    };
  }

  /**
   * Pictures that were held back: those of a cell of the confusion matrix, mistakes, doubtful ones. Mistakes and doubtful ones
   * come with the surest first.
   * @throws CoreError `not-found`.
   */
  async pictures(
    caller: Caller,
    asked: PageRequest & {
      readonly run: string;
      readonly which: "all" | "mistakes" | "doubtful";
      readonly truth?: string | undefined;
      readonly said?: string | undefined;
    },
  ): Promise<Page<ResultPictureView>> {
    const row = await this.#access.run(caller, asked.run);
    const result = await this.#of(row);
    const { labels } = result;
    const fits = ({ truth, prediction }: Answered): boolean =>
      (asked.truth === undefined || labels[truth] === asked.truth) &&
      (asked.said === undefined || labels[prediction.label] === asked.said);
    const all: readonly (Answered & { readonly suggested?: number })[] =
      asked.which === "doubtful"
        ? doubtful(result)
        : asked.which === "mistakes"
          ? surest(result.answered.filter((one) => !isRight(one)))
          : result.answered;
    const { items, next } = partOf(all.filter(fits), asked);
    const now = await this.#pictures(row.dataset, items);
    const ids = now.flatMap(({ image }) => image?.id ?? []);
    const maps = new Map(
      (await this.#heatMaps(row.id, ids)).map(({ image, ...map }) => [image, map] as const),
    );
    return {
      items: items.flatMap(({ truth, prediction, suggested }, at) => {
        const picture = now[at];
        if (!picture) return [];
        const words = { truth: labels[truth] ?? "", said: labels[prediction.label] ?? "" };
        return [
          {
            ...{
              ...picture,
              ...words,
              score: prediction.score,
              scores: Array.from(prediction.probabilities),
            },
            suggested: suggested === undefined ? null : (labels[suggested] ?? null),
            heatMap: maps.get(picture.image?.id ?? "") ?? null,
          },
        ];
      }),
      ...(next === undefined ? {} : { next }),
    };
  }

  /** @throws CoreError `not-found`. */
  async thresholds(
    caller: Caller,
    {
      run,
      most,
      target,
    }: { readonly run: string; readonly most: number; readonly target?: number | undefined },
  ): Promise<ThresholdsView> {
    const result = await this.#of(await this.#access.run(caller, run));
    const table = thresholdTable(result);
    const shown = thinned(
      table.length,
      [(place) => table[place]?.right, (place) => table[place]?.wrong],
      most,
    );
    return {
      images: result.answered.length,
      rows: shown.flatMap((place) => table[place] ?? []),
      targets: [...(target === undefined ? [] : [target]), ...TARGETS].map((one) => ({
        ...notSureFor(result, one),
      })),
    };
  }

  /** @param runs 2 to 6. @throws CoreError `not-found`, `bad-input` for runs of two projects. */
  async compare(caller: Caller, runs: readonly string[]): Promise<ComparisonView> {
    const compared = await this.#compared(caller, runs);
    const shared = sharedPictures(compared);
    const [first] = compared;
    const pictures: ComparisonView["pictures"] = [];
    for (const { row, frozen } of compared.slice(1)) {
      const differences = first ? pictureDifferences(first.frozen, frozen) : [];
      const some = differences.slice(0, NAMED);
      const there = await this.#there(row.dataset, some);
      pictures.push({ run: row.id, count: differences.length, some: [...keptApart(some, there)] });
    }
    return {
      runs: compared.map(({ row, result }) => ({
        ...{ id: row.id, number: row.number, metrics: row.metrics, hasResult: result !== undefined },
        right: shared.filter(({ said }) => said[compared.findIndex((one) => one.row === row)]?.isRight)
          .length,
      })),
      shared: shared.length,
      options: optionDifferences(compared.map(({ row }) => row)).map((one) => ({
        ...one,
        values: optionValues.parse(one.values),
      })),
      pictures,
      pairs: verdicts(shared, compared.length).map(({ first: a, second: b, ...verdict }) => ({
        ...{ first: runs[a] ?? "", second: runs[b] ?? "" },
        ...verdict,
      })),
    };
  }

  /** Of these bytes those that the data set has now. */
  async #there(dataset: string, named: readonly { readonly hash: string }[]): Promise<ReadonlySet<string>> {
    const hashes = named.map(({ hash }) => hash);
    const rows = hashes.length === 0 ? [] : await this.#repository.images.byHashes(dataset, hashes);
    return new Set(rows.map(({ hash }) => hash));
  }

  /** Pictures of which not all runs are right or not all wrong, in the order of the newest. @throws CoreError as {@link compare}. */
  async disagreements(
    caller: Caller,
    { runs, ...request }: PageRequest & { readonly runs: readonly string[] },
  ): Promise<Page<DisagreementView>> {
    const compared = await this.#compared(caller, runs);
    const differ = sharedPictures(compared).filter(
      ({ said }) => new Set(said.map((one) => one.isRight)).size > 1,
    );
    const { items, next } = partOf<SharedPicture>(differ, request);
    const now = await this.#pictures(compared[0]?.row.dataset ?? "", items);
    return {
      items: items.flatMap(({ truth, said }, at) => {
        const picture = now[at];
        return picture ? [{ ...picture, truth, said: said.map((one) => ({ ...one })) }] : [];
      }),
      ...(next === undefined ? {} : { next }),
    };
  }

  async #compared(caller: Caller, ids: readonly string[]): Promise<readonly Compared[]> {
    const rows: RunRow[] = [];
    for (const id of ids) rows.push(await this.#access.run(caller, id));
    if (new Set(rows.map(({ dataset }) => dataset)).size > 1)
      throw new CoreError("bad-input", {
        what: "Only runs of one project can be compared.",
        received: rows.map(({ id }) => id).join(", "),
        fix: "Choose runs of one data set.",
      });
    const compared: Compared[] = [];
    for (const row of rows)
      compared.push({ row, frozen: await this.#frozen.read(row.frozen), result: await this.#stored(row) });
    return compared;
  }

  async #of(row: RunRow): Promise<RunResult> {
    const result = await this.#stored(row);
    if (result && result.answered.length > 0) return result;
    throw new CoreError(
      "not-found",
      {
        ...WITHOUT_RESULT[row.state],
        received: `Run ${row.number}, ${row.state}`,
      },
      { facts: { run: row.id, state: row.state } },
    );
  }

  #stored(row: RunRow): Promise<RunResult | undefined> {
    const key = `${row.id} ${row.endedAt}`;
    const result = this.#kept.get(key) ?? this.#read(row);
    this.#kept.delete(key);
    this.#kept.set(key, result);
    for (const oldest of [...this.#kept.keys()].slice(0, -KEPT)) this.#kept.delete(oldest);
    // one that is not there may come yet
    result.then(
      (found) => found ?? this.#kept.delete(key),
      () => this.#kept.delete(key),
    );
    return result;
  }

  async #read({ id, frozen, hasModel }: RunRow): Promise<RunResult | undefined> {
    const bytes = hasModel ? await this.#folderOf(id).read(ANSWERS_FILE) : undefined;
    if (!bytes) return undefined;
    return resultOf(parseAnswers(bytes), (await this.#frozen.read(frozen)).dataset);
  }

  /** Those of the pictures that were computed. @throws CoreError `not-found`. */
  async heatMaps(
    caller: Caller,
    { run, images }: { readonly run: string; readonly images: readonly string[] },
  ): Promise<readonly HeatMapView[]> {
    const { dataset } = await this.#access.run(caller, run);
    await checkPicturesOf(this.#repository, dataset, images);
    return this.#heatMaps(run, images);
  }

  async #heatMaps(run: string, images: readonly string[]): Promise<readonly HeatMapView[]> {
    const maps = await this.#repository.heatMaps.of(run, images);
    return maps.map(({ image, label, rows }) => ({ image, label, rows: rows.map((row) => [...row]) }));
  }

  /** As the data set has them now. */
  async #pictures(
    dataset: string,
    items: readonly Pick<Answered, "image">[],
  ): Promise<readonly PictureView[]> {
    const found = await this.#repository.images.byPaths(
      dataset,
      items.map(({ image }) => image.path),
    );
    const byPath = new Map(found.map((row) => [row.path, row]));
    return items.map(({ image: { path, hash } }) => {
      const row = byPath.get(path);
      const isSame = row?.hash === hash;
      return { path, hash, image: isSame ? { id: row.id, class: row.class, use: row.use } : null };
    });
  }
}

/** A part of a list that is there whole. */
function partOf<T>(all: readonly T[], { after, limit }: PageRequest): Page<T> {
  const start = Number.parseInt(after ?? "0", 10) || 0;
  const items = all.slice(start, start + limit);
  return { items, ...(start + items.length < all.length ? { next: String(start + items.length) } : {}) };
}
