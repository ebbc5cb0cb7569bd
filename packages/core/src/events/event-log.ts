import * as z from "zod";
import { CoreError } from "../errors.ts";
import type { Folder } from "../files/folder.ts";
import { runFileError } from "../files/json-file.ts";
import { inputFaultsText } from "../input-faults.ts";
import { trainEventSchema } from "./event-schema.ts";
import type { TrainEvent } from "./events.ts";

const LINE_END = 0x0a;

/** A run's events in a file, one JSON object a line. One process writes, others may read. */
export interface EventLog {
  /** Appends; calls take effect in their order. @throws CoreError `disk-full`. */
  append(event: TrainEvent): Promise<void>;
  /** First to last. What a killed process left of its last line is passed over. @throws CoreError `corrupt`. */
  read(): Promise<readonly TrainEvent[]>;
}

function parseLine(line: string, path: string, number: number): TrainEvent {
  const json = z.string().transform((text, context) => {
    try {
      return JSON.parse(text);
    } catch {
      context.addIssue("not JSON");
      return z.NEVER;
    }
  });
  const parsed = json.pipe(trainEventSchema).safeParse(line);
  if (parsed.success) return parsed.data;
  throw new CoreError("corrupt", {
    what: `Line ${number} of ${path} is not an event.`,
    received: inputFaultsText(parsed.error, line),
  });
}

/** Takes away what a killed process left of its last line, so that the next event gets a line of its own. */
async function cutLastLine(folder: Folder, path: string): Promise<void> {
  const bytes = await folder.read(path);
  const end = bytes ? bytes.lastIndexOf(LINE_END) + 1 : 0;
  if (bytes && end < bytes.length) await folder.replace(path, [bytes.subarray(0, end)]);
}

/** @param path of the log's file in the folder. */
export function openEventLog(folder: Folder, path: string): EventLog {
  let turn: Promise<void> | undefined;
  return {
    append(event) {
      const before = turn ?? cutLastLine(folder, path);
      const line = new TextEncoder().encode(`${JSON.stringify(event)}\n`);
      const appended = before.then(() => folder.append(path, line));
      turn = appended.catch(() => undefined);
      return appended.catch((error: unknown) => {
        throw runFileError(error, folder.nameOf(path));
      });
    },
    async read() {
      await turn;
      const lines = new TextDecoder().decode(await folder.read(path)).split("\n");
      return lines.slice(0, -1).map((line, at) => parseLine(line, folder.nameOf(path), at + 1));
    },
  };
}
