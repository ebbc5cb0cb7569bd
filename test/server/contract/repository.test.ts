import { openTestStore } from "../open-store.ts";
import { describeRepository } from "./repository.ts";

describeRepository("PGlite", () => openTestStore("pglite"));
