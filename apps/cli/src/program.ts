import { Command, Option } from "commander";
import { addCompletion } from "./completion/completion.ts";
import { type CliEnvironment, readEnvironment } from "./environment/env.ts";
import { packageVersion } from "./environment/package-version.ts";
import { EXPORT_FORMAT_NAMES } from "./export/export-format-names.ts";
import { parseByteCount } from "./options/byte-count.ts";
import { parseShare } from "./options/share.ts";

/** What a command's action gets beside its own flags. */
export interface CommandContext {
  readonly environment: CliEnvironment;
  readonly json: boolean;
  /** Words of the command, such as "train" or "runs resume". */
  readonly command: string;
}

export type Flags = Readonly<Record<string, unknown>>;

/**
 * The whole command tree. An action's module is imported when the command runs, so that `graft --help` loads no engine;
 * the config schema (zod, 60 ms) is loaded only when `words` name a command that has its flags.
 * @param words the command line after `graft`.
 */
export async function createProgram(words: readonly string[]): Promise<Command> {
  const needsFlags = words.some((word) =>
    /^(train|sweep|lr-find|features|inspect|complete|completion)$/.test(word),
  );
  const flags = needsFlags ? await import("./options/train-flags.ts") : undefined;
  const program = new Command("graft")
    .description(
      "Transfer learning that anyone can run: a folder of images in, a model that works everywhere out.",
    )
    .version(packageVersion(), "-V, --version")
    .option("--home <folder>", "where runs, caches and weights are kept (default: GRAFT_HOME, else ~/.graft)")
    .option("--json", "one JSON object a line on stdout instead of text")
    .showHelpAfterError("(graft --help lists the commands)")
    .showSuggestionAfterError()
    .enablePositionalOptions(false)
    .exitOverride()
    .addHelpText(
      "after",
      "\nStart with:  graft demo      a model from embedded images, in about a minute\n             graft train FOLDER   FOLDER has one sub-folder of images for each class",
    );

  const train = program
    .command("train")
    .description("train a model on a folder, an archive or a known set (emoji, cats-and-dogs)")
    .argument("<dataset>", "folder, .zip, .tar, .tar.gz, emoji or cats-and-dogs")
    .option("--out <folder>", "where the model goes (default: HOME/runs/ID/model)")
    .option("--force", "replace a model that is at --out")
    .option("--config <file>", "start from the options in a graft.json or run.json; flags win over it")
    .action(
      run(async (context, flags, dataset) =>
        (await import("./commands/train/action.ts")).train(context, flags, dataset),
      ),
    );
  flags?.addTrainFlags(train);

  program
    .command("evaluate")
    .description("score a model on a data set")
    .argument("<model>", "model folder or run id")
    .argument("<dataset>", "as for train")
    .addOption(new Option("--split <part>", "which images").choices(["train", "validation", "test", "all"]))
    .addOption(
      new Option(
        "--precision-target <share>",
        "wanted share of right answers, for the score to say 'not sure' below",
      )
        .argParser(parseShare)
        .default(0.95),
    )
    .option(
      "--labels-from <where>",
      "folders, inner-folders, names (cat.0.jpg), or a table as FILE or FILE:COLUMN (default: what the layout says)",
    )
    .option("--split-gap", "train small heads to see how much a split that ignores duplicates would flatter")
    .option("--report <file>", "write one self-contained HTML page with curves, pictures and heat maps")
    .option("--force", "replace a report that is there")
    .addOption(backendOption())
    .action(
      run(async (context, flags, model, dataset) =>
        (await import("./commands/evaluate/action.ts")).evaluate(context, flags, model, dataset),
      ),
    );

  program
    .command("predict")
    .description("what a model sees in images")
    .argument("<model>", "model folder or run id")
    .argument("<images...>", "files, folders or patterns such as 'photos/*.jpg'")
    .option("--csv", "comma-separated values on stdout")
    .addOption(
      new Option(
        "--not-sure-below <score>",
        "say 'not sure' of an image whose best class has less, such as 0.7; `graft evaluate` finds the score",
      ).argParser(parseShare),
    )
    .option("--heatmap <folder>", "write each picture there as a PNG with what speaks for its label coloured")
    .option("--force", "replace heat maps that are there")
    .addOption(backendOption())
    .action(
      run(async (context, flags, model, ...images) =>
        (await import("./commands/predict/action.ts")).predict(context, flags, model, images),
      ),
    );

  program
    .command("export")
    .description("write a model for other programs; it is read again and compared before it is there")
    .argument("<model>", "model folder or run id")
    .addOption(
      new Option(
        "--format <name>",
        "tfjs (LayersModel), h5 (Keras 2 and 3), keras (Keras 3), onnx, onnx-int8 (convolutions in 8 bits), or a folder with a program for node or python",
      )
        .choices(EXPORT_FORMAT_NAMES)
        .makeOptionMandatory(),
    )
    .requiredOption("--out <path>", "file or folder to write; a file gets its facts beside it, as PATH.json")
    .addOption(
      new Option(
        "--columns <number>",
        "of the output of a classic head for two classes: 2, one a class (default), or 1, the probability of the second; 1 for tfjs, h5 and keras only",
      ).choices(["1", "2"]),
    )
    .option("--data <dataset>", "whose images it is compared on (default: the run's own, else embedded ones)")
    .option("--force", "replace an export that is there")
    .addOption(backendOption())
    .action(
      run(async (context, flags, model) =>
        (await import("./commands/export/action.ts")).exportModel(context, flags, model),
      ),
    );

  const sweep = program
    .command("sweep")
    .description("compare cut layers, sizes, learning rates and heads, from one pass of the trunk")
    .argument("<dataset>", "as for train")
    .option("--cuts <names>", "cut layers, separated by commas", "mixed4,mixed5,mixed6,mixed7,mixed8,mixed9")
    .option("--learning-rates <numbers>", "separated by commas", "0.0003,0.001,0.003")
    .option("--sizes <pixels>", "sides of the images, separated by commas", "150")
    .option("--recipes <names>", "gap, classic or both", "gap")
    .option("--seeds <number>", "trainings of each combination, told as mean and deviation", "1")
    .action(
      run(async (context, flags, dataset) =>
        (await import("./commands/sweep/action.ts")).sweep(context, flags, dataset),
      ),
    );
  flags?.addTrainFlags(sweep, flags.SWEEP_KEYS);

  const lrFind = program
    .command("lr-find")
    .description("find a learning rate in seconds: the loss over growing rates, and where it falls fastest")
    .argument("<dataset>", "as for train")
    .action(
      run(async (context, flags, dataset) =>
        (await import("./commands/sweep/action.ts")).findLearningRate(context, flags, dataset),
      ),
    );
  flags?.addTrainFlags(lrFind, flags.RATE_KEYS);

  const features = program
    .command("features")
    .description("write embeddings of images as .npy, for search, clustering or other classifiers")
    .argument(
      "<dataset>",
      "as for train, a folder of images without classes, an image, or a uint8 .npy [n, size, size, 3]",
    )
    .requiredOption(
      "--out <file>",
      ".npy to write; paths and labels (null without classes) go beside it as .json",
    )
    .addOption(
      new Option("--pool <kind>", "avg: one vector an image; none: the whole block")
        .choices(["avg", "none"])
        .default("avg"),
    )
    .option("--force", "replace files that are there")
    .action(
      run(async (context, flags, dataset) =>
        (await import("./commands/features/action.ts")).features(context, flags, dataset),
      ),
    );
  flags?.addTrainFlags(features, [...flags.FEATURE_KEYS, "labelsFrom"]);

  const inspect = program
    .command("inspect")
    .description("report on a data set: classes, counts, broken files, duplicates, the split")
    .argument("<dataset>", "as for train")
    .action(
      run(async (context, flags, dataset) =>
        (await import("./commands/inspect/action.ts")).inspect(context, flags, dataset),
      ),
    );
  flags?.addTrainFlags(inspect, flags.SPLIT_KEYS);

  addRuns(program);
  addStores(program);

  program
    .command("doctor")
    .description("what this machine can train on, and how fast")
    .action(run(async (context) => (await import("./commands/doctor/action.ts")).doctor(context)));
  program
    .command("bench")
    .description("speed of the trunk and of a training step on this machine")
    .argument("[dataset]", "whose photos are decoded", "emoji")
    .addOption(backendOption())
    .action(
      run(async (context, flags, dataset) =>
        (await import("./commands/bench/action.ts")).bench(context, flags, dataset),
      ),
    );
  program
    .command("demo")
    .description("the whole job on embedded images: train, curves, confusion matrix, predictions; no network")
    .action(run(async (context) => (await import("./commands/demo/action.ts")).demo(context)));
  addCompletion(program);
  return program;
}

function addRuns(program: Command): void {
  const runs = program.command("runs").description("past and unfinished trainings");
  const load = () => import("./commands/runs/action.ts");
  runs
    .command("list")
    .description("all runs, newest first")
    .action(run(async (context) => (await load()).list(context)));
  runs
    .command("show")
    .description("one run: config, curves, result")
    .argument("<run>", "run id")
    .action(run(async (context, _, id) => (await load()).show(context, id)));
  runs
    .command("resume")
    .description("go on with an interrupted run")
    .argument("<run>", "run id")
    .option("--out <folder>", "where the model goes now (default: where it was to go)")
    .option("--force", "replace a model that is there")
    .action(run(async (context, flags, id) => (await load()).resume(context, flags, id)));
  runs
    .command("delete")
    .description("delete runs with their models")
    .argument("<runs...>", "run ids")
    .action(run(async (context, _, ...ids) => (await load()).remove(context, ids)));
}

function addStores(program: Command): void {
  const weights = program.command("weights").description("pretrained weights of the trunk");
  const loadWeights = () => import("./commands/weights/action.ts");
  weights
    .command("list")
    .description("what is here and what could be fetched")
    .action(run(async (context) => (await loadWeights()).list(context)));
  weights
    .command("fetch")
    .description("download weights into the cache")
    .argument("[name]", "imagenet or a URL", "imagenet")
    .action(run(async (context, _, name) => (await loadWeights()).fetch(context, name)));

  const cache = program.command("cache").description("features and unpacked archives kept between runs");
  const loadCache = () => import("./commands/cache/action.ts");
  cache
    .command("show")
    .description("size and content")
    .action(run(async (context) => (await loadCache()).show(context)));
  cache
    .command("prune")
    .description("free room, least recently used first; nothing a live run needs is given up")
    .addOption(
      new Option("--max-bytes <size>", "keep at most this much, such as 2GB")
        .argParser(parseByteCount)
        .default(0, "nothing"),
    )
    .action(run(async (context, flags) => (await loadCache()).prune(context, flags)));

  const engines = program.command("engines").description("compute engines");
  const loadEngines = () => import("./commands/engines/action.ts");
  engines
    .command("list")
    .description("engines and whether they are usable here")
    .action(run(async (context) => (await loadEngines()).list(context)));
  engines
    .command("install")
    .description(
      "build the TensorFlow engine against the current TensorFlow wheel (Linux x64; needs Python, pip, g++)",
    )
    .argument("<name>", "tensorflow or tensorflow-cuda")
    .action(run(async (context, _, name) => (await loadEngines()).install(context, name)));
}

function backendOption(): Option {
  return new Option(
    "--backend <name>",
    "cpu, webgpu, cuda, wasm, or an id such as onnx:cpu (default: the fastest usable)",
  );
}

type Handler = (context: CommandContext, flags: Flags, ...words: string[]) => Promise<void>;

/** commander's action arguments → our handler's: context from the global flags, own flags, positional words. */
function run(handler: Handler): (this: Command, ...args: unknown[]) => Promise<void> {
  return async function action(this: Command) {
    const flags: Flags = this.optsWithGlobals();
    const environment = readEnvironment(typeof flags.home === "string" ? flags.home : undefined);
    await (await import("./options/check-flags.ts")).checkFlags(this, environment);
    await handler(
      { environment, json: flags.json === true, command: commandWords(this) },
      flags,
      ...this.processedArgs.flat().map(String),
    );
  };
}

function commandWords(command: Command): string {
  const above = command.parent;
  return above?.parent ? `${above.name()} ${command.name()}` : command.name();
}
