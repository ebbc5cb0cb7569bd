import { Inbox } from "./inbox.ts";
import type { Port } from "./port.ts";

/** What a page, its Worker, the worker's own scope and a `MessagePort` have in common. */
export interface MessageEndpoint {
  postMessage(message: unknown): void;
  /** Only of "message", whose event has `data`. */
  addEventListener(type: "message", listener: (event: Event) => void): void;
  /** Of a `MessagePort`, which keeps messages until it is called. */
  start?(): void;
}

/** Said to the other end, as a Worker tells nobody that it has ended. */
const CLOSED = { graft: "closed" } as const;

const isClosed = (message: unknown): boolean =>
  typeof message === "object" && message !== null && "graft" in message && message.graft === CLOSED.graft;

/**
 * The channel to a page's Worker, from there to its page, or between two `MessagePort`s: messages are cloned.
 * @param endpoint this side's; it must hear nothing but the protocol.
 * @param end called when either side closes: to terminate the Worker, to close the port.
 * @returns the port, and what to call when the other side is known to be gone (a Worker's "error" event, one that was terminated).
 */
export function messagePort(
  endpoint: MessageEndpoint,
  end: () => void = () => undefined,
): Port & { readonly lost: (why: string) => void } {
  const inbox = new Inbox();
  let isOver = false;
  const lost = (why: string): void => {
    if (isOver) return;
    isOver = true;
    inbox.end(why);
    end();
  };
  endpoint.addEventListener("message", (event) => {
    if (isOver || !("data" in event)) return;
    const { data } = event;
    if (isClosed(data)) lost("the other end was closed");
    else inbox.receive(data);
  });
  endpoint.start?.();
  return {
    post(message) {
      if (!isOver) endpoint.postMessage(message);
    },
    onMessage: (listener) => inbox.onMessage(listener),
    onClose: (listener) => inbox.onClose(listener),
    close() {
      if (isOver) return;
      isOver = true;
      endpoint.postMessage(CLOSED);
      end();
    },
    lost,
  };
}
