import { join } from "node:path";
import { type BlobStore, createServices, newId, type Ports, type Predictor, type Services } from "@graft/api";
import { usableThreads } from "@graft/backend-select";
import { CoreError } from "@graft/core";
import { checkRestored } from "../backup/restoring.ts";
import { importHandler } from "../import/import-handler.ts";
import { folderSpool } from "../import/upload-spool.ts";
import { openJobs } from "../queue/open-jobs.ts";
import { adminToken } from "../serve/admin-token.ts";
import { openPlace, type StorePlace } from "../serve/store-place.ts";
import { JobClaimer } from "../workers/job-claimer.ts";

/** What a server does, as far as pictures are to be taken in: nobody trains, predicts or calls. */
export interface HomeServer extends AsyncDisposable {
  readonly ports: Ports;
  readonly services: Services;
  readonly blobs: BlobStore;
}

const refuse = (): Promise<never> =>
  Promise.reject(new CoreError("unsupported", { what: "Nothing is predicted while a home is taken in." }));

const noPredictor: Predictor = { predict: refuse, evaluate: refuse, export: refuse };

/**
 * Opens a home's store with its services, and takes in what is brought to it.
 * @throws CoreError `conflict` while a server has the home, as `openPlace`.
 */
export async function openHomeServer(place: StorePlace, version: string): Promise<HomeServer> {
  const { home, onNotice = () => undefined } = place;
  /** In the order of the opening. */
  const parts: AsyncDisposable[] = [];
  const close = async (): Promise<void> => {
    for (const part of parts.reverse()) await part[Symbol.asyncDispose]();
  };
  try {
    const opened = await openPlace(place, { isThere: false });
    parts.push(opened);
    const { store } = opened;
    await checkRestored(store);
    const blobs = await opened.blobs();
    const onError = (error: unknown): void =>
      onNotice(error instanceof Error ? error.message : String(error));
    const jobs = await openJobs({ database: store.queue, onError });
    parts.push(jobs);
    const { repository } = store;
    const spool = folderSpool(join(home, "server", "spool"));
    const ports: Ports = { repository, blobs, spool, jobs, predictor: noPredictor, clock: Date.now, version };
    const services = createServices(ports, { isAlone: store.kind === "pglite" });
    await adminToken(home, services.identity);
    const { keeper } = services;
    const take = importHandler({
      repository,
      blobs,
      keeper,
      clock: Date.now,
      home,
      threads: usableThreads(),
    });
    const claims = { jobs, worker: newId(), kinds: ["import"], backends: [], onError, handle: take } as const;
    parts.push(new JobClaimer(claims));
    return { ports, services, blobs, [Symbol.asyncDispose]: close };
  } catch (error) {
    await close();
    throw error;
  }
}
