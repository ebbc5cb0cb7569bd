import type { Caller, Services } from "@graft/api";
import type { BackupMaker, OpenedBackup } from "../../backup/backup-maker.ts";
import type { HttpLimits } from "../access/limits.ts";
import { answerHeaders } from "../edge/answer.ts";
import { pipeOut } from "../rpc/pipe-out.ts";
import { callerOf, type RawRoute } from "./raw-route.ts";
import { attachment, INERT } from "./send-file.ts";

/** Gives the store with all of its bytes. */
export interface BackupSource {
  /** @throws CoreError `busy` while another one is made, `corrupt` for a store that is not whole. */
  open(caller: Caller): Promise<OpenedBackup>;
}

/** Whoever takes everything with them is kept. */
export const auditedBackups = (maker: BackupMaker, audit: Services["audit"]): BackupSource => ({
  async open(caller) {
    await audit.note(caller, "backup-made");
    return maker.open();
  },
});

/** Made while it is sent, of the moment of the request: there are no parts of it to ask for. */
export const backupRoutes = (backups: BackupSource, { idleMs }: HttpLimits): readonly RawRoute[] => [
  {
    ...{ name: "system.backup", method: "GET", path: "/system/backup", parameters: {} },
    summary: "Everything that the server keeps, of this moment, as one archive",
    answers: {
      "200": {
        description: "A tar: manifest.json, rows as JSON lines, every blob under its sha256, SHA256SUMS.",
        content: { "application/x-tar": {} },
      },
    },
    async answer(request) {
      const { exchange } = request;
      const { response } = exchange;
      const caller = await callerOf("system.backup", request);
      const headers = ["content-type", "application/x-tar", "cache-control", "private, no-store", ...INERT];
      if (exchange.request.method === "HEAD") {
        response.writeHead(200, answerHeaders(exchange, headers));
        response.end();
        return;
      }
      await using backup = await backups.open(caller);
      headers.push("content-length", String(backup.bytes), "content-disposition", attachment(backup.name));
      response.writeHead(200, answerHeaders(exchange, headers));
      await pipeOut(exchange, backup.stream(), idleMs);
    },
  },
];
