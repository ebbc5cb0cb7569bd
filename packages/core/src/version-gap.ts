import type { ErrorParts } from "./errors.ts";

/** How a client stands to its server, and what is to be told of that. */
export interface VersionGap {
  readonly client: "older" | "newer";
  readonly parts: ErrorParts;
}

/** "0.2.11-beta" → [0, 2]; undefined for what is no version. */
function minorOf(version: string): readonly [number, number] | undefined {
  const [, major, minor] = /^(\d{1,9})\.(\d{1,9})\./.exec(version) ?? [];
  return major === undefined || minor === undefined ? undefined : [Number(major), Number(minor)];
}

/**
 * Versions of graft that differ in more than their last number do not speak to each other; who has the older one updates it.
 * @returns undefined for two that go together, and where one of them is no version.
 */
export function versionGap(client: string, server: string): VersionGap | undefined {
  const [here, there] = [minorOf(client), minorOf(server)];
  if (!here || !there) return undefined;
  const by = here[0] - there[0] || here[1] - there[1];
  if (by === 0) return undefined;
  const place = `graft ${there[0]}.${there[1]}`;
  return {
    client: by < 0 ? "older" : "newer",
    parts: {
      what: "The server has another version of graft than the client.",
      received: `graft ${client} at the client`,
      expected: `${place}, which the server has (${server})`,
      fix:
        by < 0
          ? `Update the client: install ${place} there.`
          : `Update the server to graft ${here[0]}.${here[1]}, or install ${place} at the client.`,
    },
  };
}
