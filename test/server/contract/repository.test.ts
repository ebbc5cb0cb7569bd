import { describeOnStores } from "../open-store.ts";
import { describeRepository } from "./repository.ts";

describeOnStores("repository", describeRepository);
