import { setTimeout as pause } from "node:timers/promises";
import * as z from "zod";
import type { StubbornClient } from "./stubborn-client.ts";

const eventSchema = z.looseObject({ seq: z.int(), type: z.string(), phase: z.string().optional() });
export type HeardEvent = z.infer<typeof eventSchema>;

const PAUSE_MS = 50;

/**
 * Follows a run as any `EventSource` does: server-sent events, and the number of the last one when it comes again.
 */
export class RunWatcher {
  readonly run: string;
  readonly heard: HeardEvent[] = [];
  /** What was heard twice, or after another than the one before it. */
  readonly faults: string[] = [];
  /** That the run is in; undefined before the first and after its end. */
  phase: string | undefined;
  readonly #client: StubbornClient;

  constructor(client: StubbornClient, run: string) {
    this.#client = client;
    this.run = run;
  }

  /** Until the server says that nobody works on the run any more. */
  async follow(): Promise<void> {
    while (!(await this.#listen())) await pause(PAUSE_MS);
    this.phase = undefined;
  }

  /** One connection. @returns whether the server has said that it is the end. */
  async #listen(): Promise<boolean> {
    const last = this.heard.at(-1);
    const again: Record<string, string> = last ? { "last-event-id": `${last.seq}` } : {};
    try {
      const response = await fetch(`${this.#client.url}/runs/${this.run}/events`, {
        headers: { ...this.#client.headers, ...again },
      });
      if (response.status === 404) throw new Error(`the run ${this.run} is gone`);
      if (!response.ok || !response.body) return false;
      let text = "";
      for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
        const messages = (text + piece).split("\n\n");
        text = messages.pop() ?? "";
        if (messages.some((message) => this.#hear(message))) return true;
      }
    } catch (error) {
      // what a connection says that broke
      if (!(error instanceof TypeError)) throw error;
    }
    return false;
  }

  /** @returns whether it says that no more comes. */
  #hear(message: string): boolean {
    const fields = new Map(
      message.split("\n").map((line) => [line.split(":")[0], line.replace(/^\w+: /, "")]),
    );
    if (fields.get("event") === "end") return true;
    const data = fields.get("data");
    if (data === undefined || fields.has("event")) return false;
    const event = eventSchema.parse(JSON.parse(data));
    const expected = this.heard.length;
    if (event.seq !== expected || fields.get("id") !== `${expected}`)
      this.faults.push(
        `${this.run}: heard ${event.seq} (id ${fields.get("id")}) where ${expected} comes next`,
      );
    this.heard.push(event);
    if (event.type === "phase-start") this.phase = event.phase;
    if (event.type === "run-end") this.phase = undefined;
    return false;
  }
}
