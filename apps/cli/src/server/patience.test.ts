import { CoreError } from "@graft/core";
import { expect, it } from "vitest";
import { Patience } from "./patience.ts";

const offline = (): CoreError =>
  new CoreError("offline", { what: "The server does not answer.", received: "refused", fix: "Look." });

function patience(patienceMs: number) {
  const said: string[] = [];
  const controller = new AbortController();
  const session = { signal: controller.signal, notice: (text: string) => void said.push(text) };
  return { said, controller, patience: new Patience(session, "http://s", { patienceMs }) };
}

it("asks again and says so once, whoever asks", async () => {
  const { said, patience: one } = patience(60_000);
  let tries = 0;
  const work = async (): Promise<number> => {
    tries++;
    if (tries < 4) throw offline();
    return tries;
  };
  await Promise.all([one.with(work), one.with(work)]);
  expect(said).toEqual([expect.stringContaining("No answer from http://s: trying again.")]);
});

it("ends after a while with what to do, and at once with what another try would not change", async () => {
  const { patience: one } = patience(0);
  const ended = one.with(() => Promise.reject(offline()));
  await expect(ended).rejects.toMatchObject({
    code: "offline",
    message: expect.stringMatching(/refused.*run this command again/),
  });
  const refused = new CoreError("bad-input", { what: "No." });
  await expect(one.with(() => Promise.reject(refused))).rejects.toBe(refused);
});

it("hears that it is to stop", async () => {
  const { controller, patience: one } = patience(60_000);
  const stopped = one.with(() => Promise.reject(offline()));
  controller.abort();
  await expect(stopped).rejects.toMatchObject({ code: "cancelled" });
});
