import { type StorageFacts, storageFacts } from "../blobs/storage-facts.ts";
import type { Identity } from "../identity/identity.ts";
import type { Ports } from "../ports/ports.ts";
import type { Role } from "../ports/rows.ts";

export class SystemService {
  readonly #version: string;

  readonly #ports: Pick<Ports, "blobs" | "repository">;

  constructor({ version, blobs, repository }: Pick<Ports, "version" | "blobs" | "repository">) {
    this.#version = version;
    this.#ports = { blobs, repository };
  }

  /** What takes room, and how much of it the next sweep takes away. It reads two lists, of any length. */
  storage(): Promise<StorageFacts> {
    return storageFacts(this.#ports);
  }

  version(): { readonly version: string; readonly api: 1 } {
    return { version: this.#version, api: 1 };
  }

  me({ account, token }: Identity): {
    readonly account: string;
    readonly name: string;
    readonly role: Role;
    readonly endsAt: string | null;
  } {
    const { endsAt } = token;
    return {
      ...{ account: account.id, name: account.name, role: token.role },
      endsAt: endsAt === null ? null : new Date(endsAt).toISOString(),
    };
  }
}
