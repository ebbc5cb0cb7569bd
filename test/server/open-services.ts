import { type BlobStore, createServices, type Jobs, type Ports, type Services } from "@graft/api";
import { openTestStore, type StoreKind, type TestStore } from "./open-store.ts";

/** All services on one store, as a host has them. */
export interface TestServices extends AsyncDisposable {
  readonly store: TestStore;
  readonly ports: Ports;
  readonly services: Services;
}

export async function openTestServices(kind: StoreKind): Promise<TestServices> {
  const store = await openTestStore(kind);
  const missing = (): never => {
    throw new Error("not there yet");
  };
  const blobs = new Proxy<BlobStore>(Object.create(null), { get: missing });
  const jobs = new Proxy<Jobs>(Object.create(null), { get: missing });
  const ports = { repository: store.repository, blobs, jobs, clock: Date.now, version: "0.1.0" };
  return {
    ...{ store, ports, services: createServices(ports) },
    [Symbol.asyncDispose]: () => store[Symbol.asyncDispose](),
  };
}
