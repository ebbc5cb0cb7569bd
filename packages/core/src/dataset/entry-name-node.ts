const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** A name as the file system has it: its text, or how its bytes are shown when they are no text. */
export type EntryName =
  | { readonly type: "text"; readonly name: string }
  | { readonly type: "bytes"; readonly shown: string };

/**
 * Reads a name strictly: Node's own reading puts "\ufffd" for what is not UTF-8 (names from old archives and cameras),
 * and no file is found under that.
 */
export function entryName(bytes: Uint8Array): EntryName {
  try {
    return { type: "text", name: strict.decode(bytes) };
  } catch {
    const shown = Buffer.from(bytes)
      .toString("latin1")
      .replace(/[\u0080-\u00ff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`);
    return { type: "bytes", shown };
  }
}
