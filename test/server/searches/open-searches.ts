import { join } from "node:path";
import type { Caller, DatasetRow } from "@graft/api";
import { isTrackedEnvelope } from "@trpc/server";
import { searchEventSchema } from "../../../packages/api/src/searches/search-view.ts";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { openTestStore } from "../open-store.ts";
import { addFolder, type Kept, keptOn, newCaller, openServer, type TestServer } from "../runs/open-runs.ts";
import { copyEmoji } from "../workers/host.ts";

type SearchApi = ReturnType<TestServer["as"]>["searches"];
type SearchEvent = ReturnType<typeof searchEventSchema.parse>;

/** What a search told, and the id that a client goes on from. */
export interface ToldSearch {
  readonly id: string;
  readonly event: SearchEvent;
}

/** A server with one data set of emoji of somebody's, whose searches are asked for and listened to. */
export interface TestSearches extends AsyncDisposable {
  readonly kept: Kept;
  readonly server: TestServer;
  readonly caller: Caller;
  readonly dataset: DatasetRow;
  /** Folder that the data set is made of. */
  readonly set: string;
  /** The API of searches. @param caller @default its owner */
  api(caller?: Caller): SearchApi;
  /**
   * What a search tells until it is over, or until somebody leaves.
   * @param after id of the last event that was heard.
   */
  events(search: string, after?: string): AsyncGenerator<ToldSearch>;
  /** All that a search tells until it is over. */
  eventsOf(search: string, after?: string): Promise<readonly ToldSearch[]>;
  /** Waits until a search is over, and does something the first time that it is heard to run. @returns how it ended. */
  followed(search: string, onRunning?: () => void): Promise<string>;
}

/** @param perClass pictures of each of the two classes. */
export async function openSearches(perClass: number): Promise<TestSearches> {
  const set = join(await temporaryFolder("searches"), "emoji");
  await copyEmoji(set, perClass);
  const kept = await keptOn(await openTestStore("pglite"));
  const caller = await newCaller(kept);
  const dataset = await addFolder(kept, caller, set);
  const server = await openServer(kept);
  const api = (as = caller): SearchApi => server.as(as).searches;
  async function* events(search: string, after?: string): AsyncGenerator<ToldSearch> {
    for await (const sent of await api().events({ search, lastEventId: after })) {
      if (!isTrackedEnvelope(sent)) throw new TypeError("an event has its id");
      yield { id: sent[0], event: searchEventSchema.parse(sent[1]) };
    }
  }
  return {
    ...{ kept, server, caller, dataset, set, api, events },
    async eventsOf(search, after) {
      const told: ToldSearch[] = [];
      for await (const one of events(search, after)) told.push(one);
      return told;
    },
    async followed(search, onRunning = () => undefined) {
      let last = "";
      let wasRunning = false;
      for await (const { event } of events(search)) {
        if (event.state === "running" && !wasRunning) onRunning();
        wasRunning ||= event.state === "running";
        last = event.state;
      }
      return last;
    },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      await kept[Symbol.asyncDispose]();
    },
  };
}
