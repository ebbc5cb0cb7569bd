/** The part of a server that takes workers of other machines, for tests. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Identity } from "@graft/api";
import type { RemoteWorkers } from "../../../apps/server/src/workers/remote/remote-workers.ts";
import { sampleAccount, sampleToken } from "../contract/sample-rows.ts";

const TOKEN = "a-token";
const MEMBERS_TOKEN = "a-member's-token";

export interface WorkersServer extends AsyncDisposable {
  readonly url: string;
  readonly token: string;
  /** Of an admin. */
  readonly identity: Identity;
  readonly member: { readonly token: string; readonly identity: Identity };
}

function workerOf(role: "admin" | "member"): Identity {
  const account = sampleAccount({ role });
  return { account, token: sampleToken(account.id, { role: "worker" }) };
}

/** @param port @default any that is free */
export async function serveWorkers(workers: () => RemoteWorkers, port = 0): Promise<WorkersServer> {
  const [identity, member] = [workerOf("admin"), workerOf("member")];
  const known = new Map([
    [`Bearer ${TOKEN}`, identity],
    [`Bearer ${MEMBERS_TOKEN}`, member],
  ]);
  const server = createServer((_, response) => response.writeHead(404).end());
  server.on("upgrade", (request, socket, head) => {
    const caller = known.get(request.headers.authorization ?? "");
    if (caller) workers().upgrade(request, socket, head, caller);
    else socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
  });
  await new Promise<void>((resolve) => server.listen(port, "127.0.0.1", resolve));
  const address = server.address() as AddressInfo; // it listens on a port
  return {
    ...{ url: `http://127.0.0.1:${address.port}`, token: TOKEN, identity },
    member: { token: MEMBERS_TOKEN, identity: member },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
