import { CoreError } from "@graft/core";
import type { ListedUpload, Reading, Understood } from "./messages.ts";
import { type ReadingEnd, type ReadingListener, type ReadingOptions, readInChild } from "./reading-child.ts";

/** Files that may be its process's end, one after the other; an upload of more of them is no data set. */
const MOST_LOST = 20;
/** Ends of a process that no file is to blame for. */
const MOST_ENDS = 3;

type Lost = Reading["lost"][number];

const tooMuchMemory = "To read it takes more memory than graft gives one picture.";
const tooLong = "It could not be read within two minutes.";
const endsProcess = "To read it ended the program that reads pictures.";

/** What a file is lost for that was under way alone when the process ended. */
const lostAs = (location: string, { why }: ReadingEnd): Lost => ({
  ...{ location, code: why === "ended" ? "corrupt" : "limit" },
  reason: why === "memory" ? tooMuchMemory : why === "silence" ? tooLong : endsProcess,
});

function refused({ why, text }: ReadingEnd): CoreError {
  const limit = why === "memory" ? "memory" : "time";
  if (why !== "ended")
    return new CoreError("limit", {
      what: `To read the upload took more ${limit} than graft gives it.`,
      fix: "Send it in several uploads. An archive: unpack it and send the folder.",
    });
  return new CoreError("backend", {
    what: "The process that reads uploads ended unexpectedly.",
    received: text,
    fix: "Try again; if it happens every time, an admin should look at the server's log.",
  });
}

/**
 * Which files are at fault, by how processes ended: those under way are looked at one by one the next time, and one with which it
 * ends then is lost. Somebody may have killed it without a reason in the file, so that counts twice.
 */
export class Suspects {
  readonly #alone = new Set<string>();
  readonly #endsAlone = new Map<string, number>();
  readonly #lost = new Map<string, Lost>();
  #ends = 0;

  get reading(): Pick<Reading, "alone" | "lost"> {
    return { alone: [...this.#alone], lost: [...this.#lost.values()] };
  }

  /** @throws CoreError `limit`, `backend` when it is not to be tried again. */
  ended(end: ReadingEnd): void {
    const [only, ...others] = end.underWay;
    if (only === undefined) {
      if (end.why !== "ended" || ++this.#ends >= MOST_ENDS) throw refused(end);
      return;
    }
    const wasAlone = others.length === 0 && this.#alone.has(only);
    const ends = (this.#endsAlone.get(only) ?? 0) + 1;
    if (wasAlone) this.#endsAlone.set(only, ends);
    if (wasAlone && (end.why !== "ended" || ends > 1)) {
      this.#alone.delete(only);
      this.#lost.set(only, lostAs(only, end));
      if (this.#lost.size > MOST_LOST) throw refused({ ...end, why: "memory" });
      return;
    }
    for (const location of end.underWay) this.#alone.add(location);
  }
}

/**
 * Reads an upload in processes of their own until it is read to its end, without files with which they end.
 * @param reading but for what earlier ends are known by.
 * @throws CoreError `limit`, `backend` when it cannot be read; as `readInChild`.
 */
export async function readSafely(
  files: readonly ListedUpload[],
  reading: Omit<Reading, "alone" | "lost">,
  listener: ReadingListener,
  options: ReadingOptions,
): Promise<Understood> {
  const suspects = new Suspects();
  for (;;) {
    let told: Understood | undefined;
    const end = await readInChild(
      files,
      { ...reading, ...suspects.reading },
      {
        ...listener,
        async onUnderstood(understood) {
          told = understood;
          await listener.onUnderstood(understood);
        },
      },
      options,
    );
    if (end === undefined && told !== undefined) return told;
    suspects.ended(end ?? { why: "ended", text: "it told nothing", underWay: [] });
  }
}
