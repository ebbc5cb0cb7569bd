/**
 * The process that evaluates and exports models, a request at a time. Its argument is one JSON text, `ChildSettings`.
 */
import { checkInt8 } from "@graft/backend-select";
import { NodeWorkspace } from "@graft/core/node";
import { runChild } from "./child-main.ts";
import { evaluateRequest } from "./evaluate-request.ts";
import { exportRequest } from "./export-request.ts";
import { servedModel } from "./read-served-model.ts";
import { requestDataset, requestWorkspace } from "./request-workspace.ts";
import { serveRequests } from "./serve-requests.ts";

await runChild(async ({ port, settings, selectBackend }) => {
  const { home, threads } = settings;
  await using machine = new NodeWorkspace({
    ...{ home, env: process.env, versions: {}, checkInt8, selectBackend },
    signal: new AbortController().signal,
    onEvent: () => undefined,
    ...(threads === undefined ? {} : { threads }),
  });
  const ended = serveRequests(port, {
    async evaluate(asked, context) {
      const workspace = requestWorkspace(machine, context, asked.pictures);
      const training = asked.training && requestDataset(machine, context, asked.training);
      return evaluateRequest(workspace, await servedModel(context), asked, training);
    },
    async export(asked, context) {
      const workspace = requestWorkspace(machine, context, asked.pictures);
      return exportRequest(workspace, await servedModel(context), asked);
    },
  });
  port.post({ type: "ready" });
  await ended;
});
