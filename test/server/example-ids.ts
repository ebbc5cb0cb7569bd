/**
 * What a procedure's example may name: "$dataset" stands for the id of one that there is in `example-data.ts`. Each is the
 * caller's own, but for accounts and groups, which are an admin's.
 */
export const EXAMPLE_IDS = {
  $account: "a member that nobody is signed in as",
  $group: "a group with a pupil",
  $token: "a token that nobody is signed in with",
  $dataset: "a data set of two classes, with pictures in each",
  $class: "its first class",
  $otherClass: "its second class",
  $image: "a picture of its first class",
  $otherImage: "a picture of its second class",
  $otherDataset: "a data set of no run under way",
  $upload: "an open upload to it",
  $sentUpload: "an open upload to it whose files are all here",
  $run: "a completed run of it, with a model",
  $otherRun: "another such run",
  $decision: "a decision about $run: its name",
  $waiting: "a run that waits",
  $search: "a completed sweep of it",
  $features: "features of it that are computed and kept",
  $waitingSearch: "a test of learning rates of it that waits",
  $modelJob: "a completed evaluation of it by the model of $run",
  $sentJob: "the same of $sentUpload",
  $stopped: "a run that was interrupted, with a checkpoint",
} as const;
export type ExampleId = keyof typeof EXAMPLE_IDS;
