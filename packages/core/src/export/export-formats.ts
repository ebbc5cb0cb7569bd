/** What graft writes a model as for other programs, a row each: what every host needs to know of it. */

export interface ExportFormatFacts {
  /** Who opens it, in few words. */
  readonly summary: string;
  /** What the file's name must end in, because programs tell the format by it; absent for a folder. */
  readonly extension?: string;
  /** Where a reader of the export finds the labels. */
  readonly labelsIn: string;
  /** Also a head's single sigmoid column can be written, as it was trained; else it is always one column a class. */
  readonly canHaveOneColumn: boolean;
  /** It can say what is unlike the training. */
  readonly tellsUnlike: boolean;
}

export const EXPORT_FORMATS = {
  tfjs: {
    summary: "a folder for web pages: a LayersModel of TensorFlow.js",
    labelsIn: "userDefinedMetadata of model.json",
    ...{ canHaveOneColumn: true, tellsUnlike: true },
  },
  h5: {
    summary: "a file for Keras 2 and 3",
    extension: ".h5",
    labelsIn: 'its attribute "labels"',
    ...{ canHaveOneColumn: true, tellsUnlike: false },
  },
  keras: {
    summary: "a file for Keras 3",
    extension: ".keras",
    labelsIn: "metadata.json inside it",
    ...{ canHaveOneColumn: true, tellsUnlike: false },
  },
  onnx: {
    summary: "a file for ONNX Runtime and many other programs",
    extension: ".onnx",
    labelsIn: "its metadata",
    ...{ canHaveOneColumn: false, tellsUnlike: true },
  },
  "onnx-int8": {
    summary: "an ONNX file a quarter as large, with convolutions in 8 bits",
    extension: ".onnx",
    labelsIn: "its metadata",
    ...{ canHaveOneColumn: false, tellsUnlike: false },
  },
  node: {
    summary: "a folder with a program for Node",
    labelsIn: "labels.json in it",
    ...{ canHaveOneColumn: false, tellsUnlike: true },
  },
  python: {
    summary: "a folder with a program for Python",
    labelsIn: "labels.json in it",
    ...{ canHaveOneColumn: false, tellsUnlike: true },
  },
} as const satisfies Readonly<Record<string, ExportFormatFacts>>;

export type ExportFormat = keyof typeof EXPORT_FORMATS;

/** One of {@link EXPORT_FORMATS} with all fields that any of them has. */
export const exportFormatFacts = (format: ExportFormat): ExportFormatFacts => EXPORT_FORMATS[format];
