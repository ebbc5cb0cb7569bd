import { type TrackedEnvelope, tracked } from "@trpc/server";
import * as z from "zod";

const isStream = (value: unknown): boolean =>
  typeof value === "object" && value !== null && Symbol.asyncIterator in value;

/**
 * The output of a subscription: events with their ids. The document has the schema of an event; an event is as its maker gave
 * it, not parsed once for each of hundreds who listen.
 */
export const streamOf = <T>(event: z.ZodType<T>) =>
  z.custom<AsyncIterable<TrackedEnvelope<T>>>(isStream).meta(z.toJSONSchema(event, { io: "output" }));

/** @param told events and their ids, which a client names to go on after one. */
export async function* withIds<News, T>(
  news: AsyncIterable<News>,
  told: (news: News) => Iterable<{ readonly id: string; readonly event: T }>,
): AsyncGenerator<TrackedEnvelope<T>> {
  for await (const some of news) for (const { id, event } of told(some)) yield tracked(id, event);
}
