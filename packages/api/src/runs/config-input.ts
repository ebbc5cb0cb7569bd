import { trainConfigSchema } from "@graft/core";
import * as z from "zod";

const { $schema: _, ...options } = z.toJSONSchema(trainConfigSchema.partial(), {
  io: "input",
  // `parseTrainConfig` refuses unknown options of an option, which a stored config of a newer graft may have
  override: ({ jsonSchema }) => {
    if (jsonSchema.type === "object") jsonSchema.additionalProperties ??= false;
  },
});

/**
 * Options of a training as they are sent. What the document says of each is core's one schema; `trainableConfig` checks them, so
 * that all that is wrong is told together and in the same words everywhere.
 */
export const configInput = z.record(z.string(), z.unknown()).meta({
  ...options,
  description: "Options of the training; what is left out is the recipe's",
});
