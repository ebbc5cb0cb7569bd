import { CoreError, parseTrainConfig } from "@graft/core";
import { expect, it } from "vitest";
import type { CliEnvironment } from "../environment/env.ts";
import { resumableError } from "./resumable-error.ts";

const environment: CliEnvironment = {
  ...{ home: "/home", variables: {}, interactive: false, columns: 80, color: false },
};
const config = parseTrainConfig({ epochs: 20 });
const messageOf = (code: "disk-full" | "conflict", epochs?: number): string =>
  String(
    resumableError(new CoreError(code, { what: "No room." }), environment, {
      ...{ id: "one", config },
      ...(epochs === undefined ? {} : { epochs }),
    }),
  );

it("says up to which epoch a run is kept, and how to go on", () => {
  expect(messageOf("disk-full", 3)).toMatch(
    /No room\. Kept up to epoch 3 of 20; resume with: .*runs resume one$/,
  );
});

it("promises no epoch to a run that has none on disk, or none that it knows of", () => {
  expect(messageOf("disk-full", 0)).toMatch(
    /No room\. No epoch is finished yet, .*resume with: .*resume one$/,
  );
  expect(messageOf("disk-full")).toMatch(/No room\. Resume with: .*resume one$/);
});

it("points to another place for a model that cannot go where it was to go", () => {
  expect(messageOf("conflict", 20)).toMatch(/runs resume one --out FOLDER$/);
});
