import { once } from "node:events";
import { expect, it } from "vitest";
import { openS3 } from "./s3-client.ts";

it("is opened without the library's warning of the Node that it will need one day; other warnings are heard", async () => {
  const told: string[] = [];
  const hear = ({ message }: Error): void => void told.push(message);
  process.on("warning", hear);
  const { client } = await openS3({ bucket: "b", prefix: "", endpoint: "http://127.0.0.1:9", region: "r" });
  const last = once(process, "warning");
  process.emitWarning("another one");
  await last;
  process.off("warning", hear);
  client.destroy();
  expect(told).toEqual(["another one"]);
});
