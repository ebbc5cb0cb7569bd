import { versionGap } from "@graft/core";
import { EdgeError } from "../edge/edge-error.ts";
import type { Exchange } from "../edge/exchange.ts";

/**
 * Says which graft answers (`graft-version`), and refuses a client that is of a newer one (`graft-client`): what it asks for may
 * not be here yet. An older one is answered, as what it knows stays for one minor release; graft's own clients look at the
 * header and say which side to update.
 * @throws EdgeError 426
 */
export function checkClient({ request, headers }: Exchange, version: string): void {
  headers.push("graft-version", version);
  const told = request.headers["graft-client"];
  const gap = typeof told === "string" ? versionGap(told, version) : undefined;
  if (gap?.client === "newer") throw new EdgeError(426, gap.parts);
}
