import type { ChildProcess } from "node:child_process";
import type { Port } from "./port.ts";

/**
 * The channel to a child process that was started with `serialization: "advanced"`: arrays cross as they are.
 * Closing it ends the child's side; the child itself ends when its work has.
 */
export function childPort(child: ChildProcess): Port {
  const waiting: unknown[] = [];
  let listener: ((message: unknown) => void) | undefined;
  let onClose: ((why: string) => void) | undefined;
  let gone: string | undefined;
  child.on("message", (message: unknown) => {
    if (listener) listener(message);
    else waiting.push(message);
  });
  child.once("exit", (code, signal) => {
    gone = signal === null ? `exit code ${code}` : `killed by ${signal}`;
    onClose?.(gone);
  });
  return {
    post(message) {
      // a child that is gone tells so by its end
      if (child.connected) child.send(message as object, () => undefined);
    },
    onMessage(given) {
      listener = given;
      for (const message of waiting.splice(0)) given(message);
    },
    onClose(given) {
      onClose = given;
      if (gone !== undefined) given(gone);
    },
    close() {
      if (child.connected) child.disconnect();
    },
  };
}

/** The channel of a child process to its parent. */
export function parentPort(): Port {
  const waiting: unknown[] = [];
  let listener: ((message: unknown) => void) | undefined;
  process.on("message", (message: unknown) => {
    if (listener) listener(message);
    else waiting.push(message);
  });
  return {
    post: (message) => void process.send?.(message),
    onMessage(given) {
      listener = given;
      for (const message of waiting.splice(0)) given(message);
    },
    onClose: (given) => void process.once("disconnect", () => given("the parent is gone")),
    close: () => {
      if (process.connected) process.disconnect();
    },
  };
}
