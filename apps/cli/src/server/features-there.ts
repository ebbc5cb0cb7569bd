import { existsSync } from "node:fs";
import { CoreError } from "@graft/core";
import { download, isUnlabelled } from "@graft/core/node";
import { nextCommand } from "../environment/self-command.ts";
import { EXIT, UsageError } from "../exit/exit-codes.ts";
import { type FeaturesPlace, featuresPlace, tellFeatures } from "../export/features-place.ts";
import { configFromFlags, FEATURE_KEYS, optionsFromFlags } from "../options/train-flags.ts";
import { placeFile } from "../places/out-path.ts";
import type { CommandContext, Flags } from "../session/context.ts";
import type { Session } from "../session/session.ts";
import type { ServerClient } from "./client.ts";
import type { Credentials } from "./credentials.ts";
import { pickOptions, type SearchThere, search } from "./search-there.ts";

/** `graft features DATASET --out F.npy` on a server: computed there, brought here. */
export async function featuresThere(
  context: CommandContext,
  flags: Flags,
  { server, dataset }: { readonly server: Credentials; readonly dataset: string },
): Promise<void> {
  const { labelsFrom } = configFromFlags(flags);
  const place = await featuresPlace(flags, dataset);
  await checkIsDataset(dataset, labelsFrom);
  const config = pickOptions(optionsFromFlags(flags), FEATURE_KEYS);
  const pool = flags.pool === "none" ? "none" : "avg";
  await search(context, {
    ...{ server, dataset, labelsFrom, followFlags: ["--out", place.out] },
    begin: ({ searches }, id) => searches.features.mutate({ dataset: id, config, pool }),
    finish: (session, client, view) => bringFeatures(session, client, { view, place }),
  });
}

/** Pictures reach a server as data sets, which have classes. @throws UsageError for what has none */
async function checkIsDataset(name: string, labelsFrom: string | undefined): Promise<void> {
  const refusal = (what: string): UsageError =>
    new UsageError(`${name}: a server computes features of data sets, and this is ${what}. Add --local.`);
  if (/\.npy$/i.test(name)) throw refusal("an array of images");
  // who says where the labels are means classes
  if (labelsFrom === undefined && existsSync(name) && (await isUnlabelled(name)))
    throw refusal("an image, or a folder of images without classes");
}

/**
 * Brings what a search has computed: each file whole or not at all.
 * @throws CoreError `conflict` where the server does not keep all of it any more, `offline`, `disk-full`.
 */
export async function bringFeatures(
  session: Session,
  client: ServerClient,
  { view, place }: { readonly view: SearchThere; readonly place: FeaturesPlace },
): Promise<void> {
  const { id, features } = view;
  if (!features) throw new TypeError("its features are computed");
  const { signal, context } = session;
  const { out, beside } = place;
  const address = `/searches/${encodeURIComponent(id)}/features`;
  try {
    // a refusal comes in the server's words, which a download has not
    await client.bytes(`${address}.npy`, { headers: { range: "bytes=0-0" }, signal });
    const description = await (await client.bytes(`${address}.json`, { signal })).text();
    await download({
      ...{ url: client.address(`${address}.npy`), target: out, fetch: client.fetch, signal },
      onProgress: (progress) => session.fetching("Bringing the features", progress),
      fix: "Check that `graft serve` runs there and that this computer can reach it.",
    });
    await placeFile(beside, (file) => file.writeFile(description));
  } catch (error) {
    if (!(error instanceof CoreError && error.code === "cancelled")) throw error;
    const again = nextCommand(context.environment, ["searches", "follow", id, "--out", out]);
    session.notice(`They are computed. Bring them: ${again}`);
    process.exitCode = EXIT.interrupted;
    return;
  }
  session.clear();
  tellFeatures(context, place, { shape: features.shape, isLabelled: true });
}
