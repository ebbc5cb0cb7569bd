import type { Caller, OpenedZip } from "@graft/api";
import type { HttpLimits } from "../access/limits.ts";
import { answerHeaders } from "../edge/answer.ts";
import { pipeOut } from "../rpc/pipe-out.ts";
import { callerOf, part, type RawRoute } from "./raw-route.ts";
import { attachment, INERT } from "./send-file.ts";

/** All files of a model or an export together: api's download service. */
export interface ModelZips {
  /** @param what "model", or the name of an export's format. @throws CoreError `not-found` */
  openZip(caller: Caller, run: string, what: string): Promise<OpenedZip>;
}

/** It is made while it is sent, so there are no parts of it to ask for. */
export const zipRoutes = (models: ModelZips, { idleMs }: HttpLimits): readonly RawRoute[] => [
  {
    ...{ name: "models.zip", method: "GET", path: "/models/{run}/zip/{what}" },
    summary: "A model's folder, or all files of one export, as a zip",
    parameters: { run: "Id of the run.", what: '"model", or the name of an export\'s format.' },
    answers: { "200": { description: "The zip.", content: { "application/zip": {} } } },
    async answer(request) {
      const { exchange } = request;
      const caller = await callerOf("models.zip", request);
      const zip = await models.openZip(caller, part(request, "run"), part(request, "what"));
      const headers = [
        ...["content-type", zip.mediaType, "content-length", String(zip.bytes)],
        ...["content-disposition", attachment(zip.name), "cache-control", "private, no-store"],
        ...INERT,
      ];
      const isHead = exchange.request.method === "HEAD";
      exchange.response.writeHead(200, answerHeaders(exchange, headers));
      await pipeOut(exchange, isHead ? [] : zip.stream(), idleMs);
    },
  },
];
