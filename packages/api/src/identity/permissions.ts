import type { Role } from "../ports/rows.ts";

/**
 * Who may call what: the one table that the router asks, and that tests are made from. "own": on what belongs to the caller's
 * account (an admin's is everybody's); "scope": on what the token names; "open": without any token, too.
 *
 * - admin: everything, also what others own; makes accounts and groups, ends and deletes them; orders the queue.
 * - member: own data sets, runs, models and tokens.
 * - pupil: a member of a group, which an admin makes, ends and deletes as a whole.
 * - contributor: a link to add pictures to one class of one data set; sees its name, and no picture of others.
 * - predict: a program, or a link to try, that asks the models of the runs that it names; sees no data.
 * - worker: a machine that claims jobs, reads the blobs of those that it has, and sends what comes of them; those of the account
 *   that made it, or everybody's where an admin did.
 *
 * Whose something is, a service asks with `Access`; this table is only of procedures.
 */
export type Permission = "own" | "scope" | "open";

type Row = Partial<Readonly<Record<Role, Permission>>>;

const admins: Row = { admin: "own" };
/** Who has data of their own. */
const owners: Row = { ...admins, member: "own", pupil: "own" };
const contributors: Row = { contributor: "scope" };
const predictors: Row = { predict: "scope" };
/** Whoever comes with a token. */
const known: Row = { ...owners, contributor: "own", predict: "own", worker: "own" };
const everyone: Row = {
  ...{ admin: "open", member: "open", pupil: "open" },
  ...{ contributor: "open", predict: "open", worker: "open" },
};

/** By the procedure's path in the router; a procedure that is not here cannot be called (`rpc/trpc.ts`). */
export const PERMISSIONS: Readonly<Record<string, Row>> = {
  "system.version": everyone,
  "system.me": known,
  "system.storage": admins,
  "system.freeStorage": admins,
  "system.doctor": owners,

  "queue.list": owners,
  "queue.move": admins,
  "queue.workers": owners,

  "tokens.list": owners,
  "tokens.create": owners,
  "tokens.revoke": owners,
  "links.contribute": owners,
  "links.try": owners,
  "links.here": { ...contributors, ...predictors },
  "audit.list": owners,

  "accounts.list": admins,
  "accounts.create": admins,
  "accounts.end": admins,
  "accounts.contents": admins,
  "accounts.delete": admins,
  "groups.list": admins,
  "groups.create": admins,
  "groups.sheet": admins,
  "groups.end": admins,
  "groups.contents": admins,
  "groups.delete": admins,

  "datasets.create": owners,
  "datasets.list": owners,
  "datasets.get": owners,
  "datasets.inspect": owners,
  "datasets.copy": owners,
  "datasets.rename": owners,
  "datasets.resplit": owners,
  "datasets.delete": owners,
  "images.list": owners,
  "images.get": owners,
  "images.delete": owners,
  "edits.move": owners,
  "edits.leaveOut": owners,
  "edits.keep": owners,
  "edits.addClasses": owners,
  "edits.renameClass": owners,
  "edits.switchClass": owners,
  "edits.mergeClasses": owners,
  "edits.reorderClasses": owners,
  "edits.list": owners,
  "edits.get": owners,
  "edits.undo": owners,
  "edits.redo": owners,
  "uploads.create": { ...owners, ...contributors },
  "uploads.plan": { ...owners, ...contributors },
  "uploads.finish": { ...owners, ...contributors },
  "uploads.get": { ...owners, ...contributors },
  "uploads.cancel": owners,

  "runs.create": owners,
  "runs.rerun": owners,
  "runs.list": owners,
  "runs.get": owners,
  "runs.events": owners,
  "runs.log": owners,
  "runs.curve": owners,
  "runs.stop": owners,
  "runs.cancel": owners,
  "runs.resume": owners,
  "runs.remove": owners,
  "runs.rename": owners,
  "runs.note": owners,
  "runs.use": owners,
  "runs.notSureBelow": owners,
  "runs.decisions": owners,
  "runs.undo": owners,
  "runs.redo": owners,
  "runs.result": owners,
  "runs.pictures": owners,
  "runs.thresholds": owners,
  "runs.heatMaps": owners,
  "runs.compare": owners,
  "runs.disagreements": owners,

  "searches.sweep": owners,
  "searches.findRate": owners,
  "searches.features": owners,
  "searches.list": owners,
  "searches.get": owners,
  "searches.events": owners,
  "searches.cancel": owners,
  "searches.remove": owners,
  "searches.train": owners,

  "modelJobs.evaluate": owners,
  "modelJobs.evaluateUpload": owners,
  "modelJobs.explain": owners,
  "modelJobs.export": owners,
  "modelJobs.list": owners,
  "modelJobs.get": owners,
  "modelJobs.events": owners,
  "modelJobs.evaluation": owners,
  "modelJobs.sentEvaluation": owners,
  "modelJobs.cancel": owners,
  "modelJobs.remove": owners,

  "models.get": { ...owners, ...predictors },
  "models.predict": { ...owners, ...predictors },
  "models.explain": { ...owners, ...predictors },
  "models.evaluate": owners,
  "models.evaluateUpload": owners,
  "models.formats": owners,
  "models.exports": owners,
  "models.export": owners,
  "models.files": owners,
};

/** The same for what a host gives and takes as bytes, by the route's name: no procedure can. */
export const ROUTE_PERMISSIONS: Readonly<Record<string, Row>> = {
  "images.file": owners,
  "images.thumbnail": owners,
  "uploads.send": { ...owners, ...contributors },
  "uploads.sent": { ...owners, ...contributors },
  "models.ask": { ...owners, ...predictors },
  "models.zip": owners,
  "runs.file": owners,
  "searches.table": owners,
  "searches.description": owners,
  "system.backup": admins,
  "workers.connect": { ...admins, worker: "own" },
};

const isOpen = (row: Row | undefined): boolean =>
  row !== undefined && Object.values(row).every((permission) => permission === "open");

/** What a caller may do with a procedure; undefined: nothing. @param path of a procedure, or a route's name @param role undefined: nobody that is known */
export function permissionOf(path: string, role: Role | undefined): Permission | undefined {
  const table = Object.hasOwn(PERMISSIONS, path) ? PERMISSIONS : ROUTE_PERMISSIONS;
  const row = Object.hasOwn(table, path) ? table[path] : undefined;
  if (role === undefined) return isOpen(row) ? "open" : undefined;
  return row?.[role];
}
