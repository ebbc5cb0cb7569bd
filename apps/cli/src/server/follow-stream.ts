import type { Session } from "../session/session.ts";
import { asCoreError, type ServerClient } from "./client.ts";

/** How a command stopped to look at work that goes on. */
export type Followed = "ended" | "left";

/** What a subscription of tRPC's client tells. */
interface Heard<T> {
  readonly onData: (message: T) => void;
  readonly onComplete: () => void;
  readonly onError: (error: unknown) => void;
  readonly onConnectionStateChange: (change: { readonly state: string; readonly error?: unknown }) => void;
}

/**
 * Hears a server's stream to its end, also after the connection broke, or until Ctrl-C, which leaves the work going.
 * @param stream.onOutage the server does not answer and is asked again; of one outage it may be told often.
 * @throws CoreError what ended the stream.
 */
export function followStream<T>(
  session: Session,
  client: ServerClient,
  stream: {
    readonly subscribe: (heard: Heard<T>) => { unsubscribe(): void };
    readonly onData: (message: T) => void;
    readonly onOutage: () => void;
  },
): Promise<Followed> {
  return new Promise<Followed>((resolve, reject) => {
    const { signal } = session;
    const subscription = stream.subscribe({
      onData: stream.onData,
      onComplete: () => resolve("ended"),
      onError: (error) => reject(asCoreError(error, client.url)),
      onConnectionStateChange({ state, error }) {
        if (state === "connecting" && error) stream.onOutage();
      },
    });
    const leave = (): void => {
      // before the subscription is ended, which tells that it is complete
      resolve("left");
      subscription.unsubscribe();
    };
    if (signal.aborted) leave();
    else signal.addEventListener("abort", leave, { once: true });
  });
}
