import { open, readFile } from "node:fs/promises";
import * as z from "zod";
import { CoreError } from "../errors.ts";
import { fileError } from "../files/json-file-node.ts";
import { codeOf } from "../files/system-error-node.ts";
import { trainEventSchema } from "./event-schema.ts";
import type { TrainEvent } from "./events.ts";

/** A run's events on disk, one JSON object a line. One process writes, others may read. */
export interface EventLog {
  /** Appends; calls take effect in their order. @throws CoreError `disk-full`. */
  append(event: TrainEvent): Promise<void>;
  /** First to last. What a killed process left of its last line is passed over. @throws CoreError `corrupt`. */
  read(): Promise<readonly TrainEvent[]>;
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (codeOf(error) === "ENOENT") return "";
    throw error;
  }
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
    what: `Line ${number} of ${path} is no event.`,
    received: z.prettifyError(parsed.error),
  });
}

/** Takes away what a killed process left of its last line, so that the next event gets a line of its own. */
async function cutLastLine(path: string): Promise<void> {
  const text = Buffer.from(await textOf(path));
  const end = text.lastIndexOf("\n") + 1;
  if (end === text.length) return;
  const handle = await open(path, "r+");
  try {
    await handle.truncate(end);
  } finally {
    await handle.close();
  }
}

export function openEventLog(path: string): EventLog {
  let turn: Promise<void> | undefined;
  const write = async (line: string): Promise<void> => {
    const handle = await open(path, "a");
    try {
      await handle.writeFile(line);
    } finally {
      await handle.close();
    }
  };
  return {
    append(event) {
      const before = turn ?? cutLastLine(path);
      const appended = before.then(() => write(`${JSON.stringify(event)}\n`));
      turn = appended.catch(() => undefined);
      return appended.catch((error: unknown) => {
        throw fileError(error, path);
      });
    },
    async read() {
      await turn;
      const lines = (await textOf(path)).split("\n");
      return lines.slice(0, -1).map((line, at) => parseLine(line, path, at + 1));
    },
  };
}
