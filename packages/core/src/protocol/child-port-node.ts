import type { ChildProcess } from "node:child_process";
import { Inbox } from "./inbox.ts";
import type { Port } from "./port.ts";

/**
 * The channel to a child process that was started with `serialization: "advanced"`: arrays cross as they are.
 * Closing it ends the child's side; the child itself ends when its work has.
 */
export function childPort(child: ChildProcess): Port {
  const inbox = new Inbox();
  child.on("message", (message: unknown) => inbox.receive(message));
  child.once("exit", (code, signal) =>
    inbox.end(signal === null ? `exit code ${code}` : `killed by ${signal}`),
  );
  // such a one has no exit
  child.once("error", (error) => {
    if (child.pid === undefined) inbox.end(`not started: ${error.message}`);
  });
  return {
    post(message) {
      // a child that is gone tells so by its end
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage: (listener) => inbox.onMessage(listener),
    onClose: (listener) => inbox.onClose(listener),
    close() {
      if (child.connected) child.disconnect();
    },
  };
}

/** The channel of a child process to its parent. */
export function parentPort(): Port {
  const inbox = new Inbox();
  process.on("message", (message: unknown) => inbox.receive(message));
  process.once("disconnect", () => inbox.end("the parent is gone"));
  return {
    post: (message) => void process.send?.(message),
    onMessage: (listener) => inbox.onMessage(listener),
    onClose: (listener) => inbox.onClose(listener),
    close: () => {
      if (process.connected) process.disconnect();
    },
  };
}
