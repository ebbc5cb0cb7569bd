import type { Identity } from "../identity/identity.ts";
import type { Ports } from "../ports/ports.ts";
import type { Role } from "../ports/rows.ts";

export class SystemService {
  readonly #version: string;

  constructor({ version }: Pick<Ports, "version">) {
    this.#version = version;
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
