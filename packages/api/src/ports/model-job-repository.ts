/** Where rows of model jobs and of what they found are kept; a part of `Repository`. */
import type { HeatMapRow, ModelJobRow } from "./model-job-rows.ts";
import type { Page, PageRequest } from "./paging.ts";
import type { WorkState } from "./work-rows.ts";

export type ModelJobChange = Partial<
  Pick<
    ModelJobRow,
    "state" | "isStopAsked" | "startedAt" | "endedAt" | "progress" | "result" | "error" | "worker"
  >
>;

export interface ModelJobRepository {
  /** @throws CoreError `conflict` for an id that there is, `not-found` for a run, data set or upload that is gone. */
  create(job: ModelJobRow): Promise<void>;
  get(id: string): Promise<ModelJobRow | undefined>;
  /** Newest first. */
  page(
    request: PageRequest & {
      readonly run?: string | undefined;
      /** Over its pictures, or over a model of its runs. */
      readonly dataset?: string | undefined;
      readonly upload?: string | undefined;
      readonly owner?: string | undefined;
      readonly states?: readonly WorkState[] | undefined;
      /** Ended before then. */
      readonly endedBefore?: number | undefined;
    },
  ): Promise<Page<ModelJobRow>>;
  /** @param from only a job in one of these states is changed. @returns whether it was. */
  update(id: string, change: ModelJobChange, from?: readonly WorkState[]): Promise<boolean>;
  /** @returns it as it was then. */
  remove(id: string): Promise<ModelJobRow | undefined>;
}

/** Heat maps of held-back pictures, one for each run and picture; they go with either. */
export interface HeatMapRepository {
  /** In the place of those before; of a picture or a run that is gone meanwhile none is kept. */
  put(maps: readonly HeatMapRow[]): Promise<void>;
  /** Those of these pictures that there are. */
  of(run: string, images: readonly string[]): Promise<readonly HeatMapRow[]>;
}
