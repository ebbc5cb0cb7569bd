/**
 * The process that answers predictions: models stay loaded, pictures of all callers go through them together.
 * Its argument is one JSON text, `ChildSettings`.
 */
import { availableParallelism } from "node:os";
import { createImagePool } from "@graft/core/node";
import { letHeapGrow } from "../heap-growth.ts";
import { answerPictures } from "./answer-pictures.ts";
import { memorySweeper, runChild } from "./child-main.ts";
import { Engine } from "./engine.ts";
import { ModelShelf } from "./model-shelf.ts";
import { PixelGate } from "./pixel-gate.ts";
import { servedModelSource } from "./read-served-model.ts";
import { serveRequests } from "./serve-requests.ts";
import { openLanes } from "./trunk-lanes.ts";
import { TrunkRoom } from "./trunk-room.ts";

/** Pixels that are decoded at once: 200 MB of bytes, and as much again on their way to 8 bits. */
const PIXELS_AT_ONCE = 64e6;
/** Of the memory for models what a trunk may take on lanes: where that is short, more models are worth more. */
const LANES_SHARE = 8;

letHeapGrow();
await runChild(async ({ port, settings, selectBackend }) => {
  const { threads = availableParallelism(), modelBytes } = settings;
  const pool = createImagePool({ threads });
  try {
    // its thread loads the decoder while this one loads the engine
    pool.start();
    const { backend } = await selectBackend();
    await using _ = backend;
    const engine = new Engine(backend);
    await using lanes = openLanes(backend.id, { home: settings.home, threads });
    const trunks = new TrunkRoom(engine, { lanes: lanes.all, laneBytes: modelBytes / LANES_SHARE });
    const place = { engine, trunks };
    const shelf = new ModelShelf({ place, limitBytes: modelBytes, onLoaded: memorySweeper() });
    const gate = new PixelGate(PIXELS_AT_ONCE);
    const ended = serveRequests(port, {
      async predict({ model: key, pictures, explain }, context) {
        const source = servedModelSource(context, engine);
        return shelf.use({ key, explains: explain !== undefined, source }, async (model) => ({
          labels: model.manifest.labels,
          backend: backend.id,
          answers: await answerPictures({
            ...{ model, pictures, explain, pool, gate, signal: context.signal },
            atOnce: 2 * engine.batch + 2 * threads,
          }),
        }));
      },
      facts: async () => ({
        backend: backend.id,
        trunks: trunks.size,
        models: shelf.facts.models,
        modelBytes: shelf.facts.bytes,
        ...engine.counts,
        residentBytes: process.memoryUsage.rss(),
      }),
    });
    port.post({ type: "ready" });
    await ended;
  } finally {
    await pool.close();
  }
});
