import { join } from "node:path";

/** Where in a request's folder the export's own files are. */
export const exportPlace = (folder: string, format: string): string => join(folder, format);
