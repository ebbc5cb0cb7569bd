import type { TrainEvent } from "../events/events.ts";
import type { TapName } from "../features/recipe-space.ts";
import type { TrainedTap } from "../features/shard.ts";
import type { FeatureRequest, PhaseProgress, RowsByTap } from "./feature-source.ts";
import type { LabelledRows } from "./labelled-rows.ts";
import type { RunContext } from "./run-context.ts";
import { shareFeatures } from "./share-features.ts";
import { cachedVariants, variantOfEpoch } from "./variants.ts";

/** What a phase trains and is checked on. */
export interface TrainingFeatures {
  readonly rowsOfEpoch: (epoch: number) => AsyncGenerator<TrainEvent, LabelledRows>;
  readonly validation: LabelledRows;
}

function rowsOf(taps: RowsByTap, tap: TapName, position: number): LabelledRows {
  const rows = taps.get(tap)?.[position];
  if (!rows) throw new TypeError(`no copy ${position} of ${tap} was asked for`);
  return rows;
}

/**
 * Computes features: of the validation images as they are, of the training images in all copies that epochs use. With
 * `online` those of an epoch are computed when it begins, and the trunk stays open.
 *
 * @param taps what the phases that are left need of the trunk; one pass gives all.
 * @throws CoreError `unreadable` when too many images are lost (see `LostImages`); as `extractFeatures`.
 */
export async function* featuresPhase(
  context: RunContext,
  taps: readonly TrainedTap[],
): AsyncGenerator<TrainEvent, (tap: TapName) => TrainingFeatures> {
  const { options, events, images, source, likeness } = context;
  const { augment, precision } = options.config;
  const copies = cachedVariants(options.config);
  const total = images.train.length * (copies?.length ?? 0) + images.validation.length;
  yield events.make({ type: "phase-start", phase: "features", total });
  // the sample's images go through the trunk once, for both: what is trained on is in the store then
  const compiled = [...new Set([...taps, ...likeness.taps])];
  const phase: PhaseProgress = { total, told: 0 };
  yield* shareFeatures(context, { taps: [...taps], phase });
  yield* likeness.seeTraining({ trained: copies ? taps : [], compiled, progress: { before: 0, phase } });
  const ofTraining: FeatureRequest = {
    ...{ taps, compiled, images: images.train, augmentation: augment, stored: true },
    variants: copies ?? [],
    progress: { before: 0, phase },
  };
  const training = copies ? yield* source.rows(ofTraining) : undefined;
  const progress = { before: total - images.validation.length, phase };
  // behind an int8 trunk they are seen when the model is checked in float32
  if (precision === "float32") yield* likeness.seeHeldBack({ trained: taps, compiled, progress });
  const validation = yield* source.rows({
    ...{
      taps,
      compiled,
      progress,
      images: images.validation,
      augmentation: null,
      stored: true,
      variants: [0],
    },
  });
  // only `online` needs the trunk again; a GPU's memory is the head's now
  if (training) await source.dispose();
  return (tap) => ({
    validation: rowsOf(validation, tap, 0),
    async *rowsOfEpoch(epoch) {
      const variant = variantOfEpoch(options.config, epoch);
      if (training) return rowsOf(training, tap, variant);
      const progress = { before: 0, phase: { total: images.train.length, told: 0 } };
      const online = {
        ...ofTraining,
        taps: [tap],
        compiled: [tap],
        stored: false,
        variants: [variant],
        progress,
      };
      return rowsOf(yield* source.rows(online), tap, 0);
    },
  });
}
