import { type Clock, type Identity, idOf, jobsOf, type Repository } from "@graft/api";
import { forgetGone } from "../worker-row.ts";
import type { SignIn } from "./sign-in.ts";

interface Rows {
  readonly workers: Repository["workers"];
  readonly clock: Clock;
}

/** One for each computer, however often its worker is started again. */
const rowId = (name: string, identity: Identity): Promise<string> =>
  idOf(`refused worker ${identity.account.id} ${name}`);

/** Keeps for a while who was sent away: whoever waits for a worker is to hear why there is none. */
export async function putRefused(
  { workers, clock }: Rows,
  { name, version }: Pick<SignIn, "name" | "version">,
  identity: Identity,
): Promise<void> {
  await forgetGone(workers, clock);
  const now = clock();
  await workers.put({
    ...{ id: await rowId(name, identity), name, version, kind: "remote", owner: jobsOf(identity) ?? null },
    ...{ backends: [], names: [], groups: [], threads: 0 },
    ...{ state: "refused", startedAt: now, heardAt: now, job: null },
  });
}

/** It came again, with the server's version. */
export const forgetRefused = async ({ workers }: Pick<Rows, "workers">, name: string, identity: Identity) =>
  workers.remove(await rowId(name, identity));
