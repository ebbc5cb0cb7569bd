import type { RunSummary } from "@graft/core";
import { modelAccuracy, type RunEndEvent } from "@graft/core";
import type { RunFolder } from "@graft/core/node";
import { duration, percent, table } from "./text.ts";

/** A line a run; why a run cannot be read stands below, where it does not stretch the table. */
export function runsText(runs: readonly RunSummary[]): string {
  const head = ["run", "state", "data set", "recipe", "validation", "epochs", "seconds"];
  const problems = runs.flatMap(({ id, problem }) => (problem === undefined ? [] : [`  ${id}  ${problem}`]));
  const lines = table([head, ...runs.map(row)]);
  return problems.length === 0 ? lines : [lines, "", "Broken:", ...problems].join("\n");
}

function row({ id, state, record }: RunSummary): string[] {
  if (!record) return [id, state];
  const accuracy = record.metrics && modelAccuracy(record.metrics);
  return [
    id,
    state,
    record.datasetName,
    record.config.recipe,
    accuracy === undefined ? "-" : percent(accuracy),
    record.epochs === undefined ? "-" : String(record.epochs),
    record.seconds === undefined ? "-" : lasted(record.seconds).toFixed(1),
  ];
}

/** Seconds as an older graft took them from a clock that may have been set back. */
const lasted = (seconds: number): number => Math.max(0, seconds);

/** "validation accuracy 90.0 %, last epoch 85.5 %": of the kept epoch and, when that is another, of the last. */
export function accuracyText(
  end: Partial<Pick<RunEndEvent, "metrics" | "keptEpoch" | "lastEpoch" | "epochs">>,
): string {
  const { metrics, keptEpoch, lastEpoch, epochs } = end;
  const part = metrics?.valAccuracy === undefined ? "training" : "validation";
  const pick = part === "training" ? "accuracy" : "valAccuracy";
  const [kept, last] = [metrics?.[pick], lastEpoch?.[pick]];
  if (kept === undefined) return "";
  const beside = last === undefined || keptEpoch === epochs ? "" : `, last epoch ${percent(last)}`;
  const predicting = metrics?.float32ValAccuracy;
  const trunk = predicting === undefined ? "" : ` (int8; with the float32 trunk ${percent(predicting)})`;
  return `${part} accuracy ${percent(kept)}${trunk}${beside}`;
}

/** One run's facts, a line each. */
export function runText(
  { id, record, folder }: Pick<RunFolder, "id" | "record" | "folder">,
  state: string,
): string {
  const { config, backend, keptEpoch, epochs, seconds, out, model, error } = record;
  const options = Object.entries(config)
    .filter(([, value]) => value !== null)
    .map(([key, value]) => `${key} ${typeof value === "object" ? JSON.stringify(value) : value}`);
  const accuracy = accuracyText(record);
  const facts: readonly (readonly [string, string | undefined])[] = [
    ["run", `${id} (${state})`],
    ["created", record.created],
    ["data set", String(record.dataset?.location ?? record.datasetName)],
    ["weights", `${record.weights.source}: ${record.weights.origin}`],
    ["backend", backend && `${backend.id}, ${backend.name}, ${backend.engine} ${backend.engineVersion}`],
    ["options", options.join(", ")],
    ["accuracy", accuracy === "" ? undefined : `kept epoch ${keptEpoch} of ${epochs}, ${accuracy}`],
    ["time", seconds === undefined ? undefined : duration(lasted(seconds))],
    ["model", model],
    ["out", out === model ? undefined : out],
    // that it was stopped is its state, and no error
    ["error", error?.code === "cancelled" ? undefined : error?.message],
    ["folder", folder],
  ];
  return facts.flatMap(([name, value]) => (value ? [`${name.padEnd(9)} ${value}`] : [])).join("\n");
}
