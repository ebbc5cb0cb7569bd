import { type BackendProbe, probeBackends, selectBackend } from "@graft/backend-select";
import type { TrunkWeights } from "@graft/core";
import { briefTrunkSpeed, int8SpeedGraph, speedGraph } from "../../bench/trunk-speed.ts";
import { type HomeFacts, homeFacts } from "../../environment/home-facts.ts";
import { nextCommand } from "../../environment/self-command.ts";
import { EXIT } from "../../exit/exit-codes.ts";
import { refusalsText } from "../../output/refusals-text.ts";
import { print, printJson } from "../../output/stdout.ts";
import { byteSize, table } from "../../output/text.ts";
import type { CommandContext } from "../../session/context.ts";
import { Session } from "../../session/session.ts";

/** A candidate and what a pass through the trunk said of it. */
interface Candidate {
  readonly probe: BackendProbe;
  readonly imagesPerSecond?: number;
  /** With `--precision int8`, where the engine computes on whole numbers. */
  readonly int8ImagesPerSecond?: number;
  /** Why the timed pass failed though the probe was well. */
  readonly failure?: string;
}

/** Less room than a download of weights, its features and a model need. */
const LITTLE_DISK_BYTES = 2e9;

/** About how long an engine may be timed. */
const PATIENCE_MS = 10_000;
/** One that is only taken by its name (plain JavaScript, an imitated GPU): a single image may do. */
const SHORT_PATIENCE_MS = 2000;

/** `graft doctor`: every engine with a timed pass, the machine, one verdict. Exit code 1 when nothing can train. */
export async function doctor(context: CommandContext): Promise<void> {
  const { home, variables } = context.environment;
  await using session = new Session(context);
  const facts = await homeFacts(session.workspace, home);
  if (!context.json) print(machineText(facts));
  const weights = await session.weights("bundled", undefined);
  const candidates: Candidate[] = [];
  for await (const probe of probeBackends({ home, env: variables })) {
    session.status(`Trying ${probe.id} …`);
    candidates.push(probe.usable ? await timed(context, probe, weights) : { probe });
  }
  session.status("");
  const chosen = candidates.find(
    ({ probe, failure }) => probe.usable && probe.automatic && failure === undefined,
  );
  if (context.json)
    printJson({ ...facts, candidates: candidates.map(asJson), chosen: chosen?.probe.id ?? null });
  else print(`\n${candidatesText(candidates)}\n\n${verdict(context, facts, chosen)}`);
  if (chosen === undefined) process.exitCode = EXIT.failed;
}

async function timed(
  context: CommandContext,
  probe: Extract<BackendProbe, { usable: true }>,
  weights: TrunkWeights,
): Promise<Candidate> {
  const { home, variables } = context.environment;
  try {
    await using backend = (await selectBackend({ backend: probe.id, home, env: variables })).backend;
    const patienceMs = probe.automatic ? PATIENCE_MS : SHORT_PATIENCE_MS;
    const imagesPerSecond = await briefTrunkSpeed(backend, speedGraph(weights), patienceMs);
    if (!backend.limits.int8) return { probe, imagesPerSecond };
    const int8 = await int8SpeedGraph(backend, weights);
    return { probe, imagesPerSecond, int8ImagesPerSecond: await briefTrunkSpeed(backend, int8, patienceMs) };
  } catch (error) {
    return { probe, failure: error instanceof Error ? error.message : String(error) }; // engines throw what they like
  }
}

function asJson({ probe, imagesPerSecond, int8ImagesPerSecond, failure }: Candidate): object {
  return {
    ...probe,
    imagesPerSecond,
    int8ImagesPerSecond,
    ...(failure === undefined ? {} : { usable: false, reason: failure }),
  };
}

function machineText(facts: HomeFacts): string {
  const disk =
    facts.freeDiskBytes === undefined ? "cannot be written" : `${byteSize(facts.freeDiskBytes)} free`;
  return [
    `Node       ${facts.node} on ${facts.platform}`,
    `Processor  ${facts.processor}, ${facts.threads} threads`,
    `Memory     ${byteSize(facts.memoryBytes)}, ${byteSize(facts.freeMemoryBytes)} free`,
    `Home       ${facts.home}, ${disk}`,
  ].join("\n");
}

function candidatesText(candidates: readonly Candidate[]): string {
  const usable = candidates.flatMap(({ probe, imagesPerSecond, int8ImagesPerSecond, failure }) => {
    if (!probe.usable || failure !== undefined) return [];
    return [[probe.id, speedText(imagesPerSecond), speedText(int8ImagesPerSecond), deviceText(probe.device)]];
  });
  const refused = candidates.flatMap(({ probe, failure }) => {
    const reason = probe.usable ? failure : probe.reason;
    return reason === undefined ? [] : [{ id: probe.id, reason }];
  });
  const parts = usable.length > 0 ? [table([["engine", "images/s", "in int8", "device"], ...usable])] : [];
  return [...parts, refusalsText(refused)].join("\n\n");
}

/** "217", "9.4", "0.26" */
const speedText = (imagesPerSecond: number | undefined): string =>
  imagesPerSecond === undefined
    ? "-"
    : imagesPerSecond.toFixed(imagesPerSecond < 1 ? 2 : imagesPerSecond < 10 ? 1 : 0);

function deviceText({
  name,
  engine,
  engineVersion,
  software,
}: Extract<BackendProbe, { usable: true }>["device"]): string {
  return `${name} (${engine} ${engineVersion}${software ? ", imitated in software" : ""})`;
}

function verdict(context: CommandContext, facts: HomeFacts, chosen: Candidate | undefined): string {
  if (chosen === undefined)
    return "This machine cannot train: no engine is usable. Reinstall graft (npm ci) and run this again.";
  if (facts.freeDiskBytes === undefined)
    return `Trainings cannot be saved: ${facts.home} cannot be written to. Choose another folder with --home.`;
  const warning =
    facts.freeDiskBytes < LITTLE_DISK_BYTES
      ? `\nThe disk is nearly full: ${nextCommand(context.environment, ["cache", "prune"])} frees room.`
      : "";
  return `Ready: graft trains with ${chosen.probe.id}. Try it: ${nextCommand(context.environment, ["demo"])}${warning}`;
}
