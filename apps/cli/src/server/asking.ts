import { asCoreError, connect, type ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";

/** Asks a server; its refusals are graft's errors. */
export async function asking<T>(server: Credentials, work: (client: ServerClient) => Promise<T>): Promise<T> {
  try {
    return await work(connect(server));
  } catch (error) {
    throw asCoreError(error, server.url);
  }
}
