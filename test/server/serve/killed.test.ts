import { expect } from "vitest";
import * as z from "zod";
import { temporaryFolder } from "../../cli/run-graft.ts";
import { itLong } from "../../long.ts";
import { serve } from "./serving.ts";

const Workers = z.array(z.object({ id: z.string(), name: z.string(), state: z.string() }));

itLong("a server that was killed leaves no worker behind for the next one to tell of", async () => {
  const home = await temporaryFolder("killed");
  for (let start = 0; start < 3; start++) {
    const { api, graft } = await serve(home, {}, "--workers", "2");
    const names = async (): Promise<string[]> =>
      (await api(Workers, "GET", "/workers")).map(({ name, state }) => `${name} ${state}`);
    await expect
      .poll(names, { timeout: 60_000, interval: 200 })
      .toEqual(expect.arrayContaining(["worker 1 idle", "worker 2 idle"]));
    expect((await names()).length).toBe(2);
    graft.child.kill("SIGKILL");
    await graft.done;
  }
  const { api, end } = await serve(home, {}, "--workers", "0");
  expect(await api(Workers, "GET", "/workers")).toEqual([]);
  await end();
});
