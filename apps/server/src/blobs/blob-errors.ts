import { CoreError } from "@graft/core";

/** What every blob store says of a name; no name becomes a path or a key before. */
export const isHash = (text: string): boolean => /^[0-9a-f]{64}$/.test(text);

/** @throws CoreError `bad-input` for what is no sha256. */
export function checkHash(hash: string): void {
  if (isHash(hash)) return;
  throw new CoreError("bad-input", {
    what: "This is not the sha256 of a file.",
    received: JSON.stringify(hash),
    expected: "64 hexadecimal digits in lower case",
  });
}

export function noSuchBlob(hash: string, cause?: unknown): CoreError {
  const what = "The server does not have these bytes (any more).";
  return new CoreError("not-found", { what, received: `sha256 ${hash}` }, { cause, facts: { hash } });
}

/** Of bytes that are stored and have changed since. */
export function damagedBlob(hash: string): CoreError {
  return new CoreError(
    "corrupt",
    {
      what: "A stored file is damaged: its bytes are not those that were stored.",
      received: `sha256 ${hash}`,
      fix: "Bring it again: the same bytes take its place. Check the disk of the server.",
    },
    { facts: { hash } },
  );
}
