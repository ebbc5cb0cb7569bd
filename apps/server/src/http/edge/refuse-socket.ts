import { STATUS_CODES } from "node:http";
import type { Duplex } from "node:stream";
import { errorText, statusOf } from "./send-error.ts";

/** Answers with an error in the API's form where there is no response to write it to, and closes the connection. */
export function refuseSocket(socket: Duplex, error: unknown): void {
  if (!socket.writable) {
    socket.destroy();
    return;
  }
  const status = statusOf(error);
  const text = errorText(error);
  socket.end(
    [
      `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? "Refused"}`,
      "connection: close",
      "content-type: application/json",
      `content-length: ${Buffer.byteLength(text)}`,
      "",
      text,
    ].join("\r\n"),
    // what else it has to say is not read
    () => socket.destroy(),
  );
}
