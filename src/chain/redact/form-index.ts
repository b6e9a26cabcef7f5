/** Whose form was found, and what belongs to it. */
export interface Find {
  readonly name: string;
  readonly secretLength: number;
  /** It is a part of a long secret. */
  readonly isPiece: boolean;
  readonly edgeBefore: 0 | 1;
  readonly edgeAfter: 0 | 1;
}

/** The rest of the only form that goes on from a branch: most of a long secret takes no branches, but one text. */
interface Tail {
  readonly form: string;
  /** How many units of the form lead to the branch. */
  readonly from: number;
  readonly find: Find;
  /** Numbers its states, of which there are as many as it has units. */
  readonly firstState: number;
}

/** A place in the tree of all forms, by their UTF-16 units. With a tail it has no branches. */
export interface Branch {
  readonly state: number;
  next: Map<number, Branch> | undefined;
  tail: Tail | undefined;
  find: Find | undefined;
}

/** All spellings of all secrets. */
export interface FormIndex {
  readonly root: Branch;
  /** 1 for each UTF-16 unit with which a form may begin, as it is or escaped. */
  readonly canBegin: Uint8Array;
  /** Length of the longest form. */
  formLengthMax: number;
  /** Of the next branch or tail. */
  nextState: number;
}

/** How far a reader has come: to a branch, and so many units into its tail. */
export interface Cursor {
  branch: Branch;
  read: number;
}

/** The signs with which something may begin that reads as another character. */
const ESCAPES = [0x25, 0x26, 0x2b, 0x5c];

export function createFormIndex(): FormIndex {
  const root: Branch = { state: 0, next: undefined, tail: undefined, find: undefined };
  return { root, canBegin: new Uint8Array(0x10000), formLengthMax: 0, nextState: 1 };
}

/** Adds a form of at least one unit. Of a form that comes twice, the find of the longer secret counts. */
export function addForm(index: FormIndex, form: string, find: Find): void {
  for (const unit of [form.charCodeAt(0), ...ESCAPES]) index.canBegin[unit] = 1;
  index.formLengthMax = Math.max(index.formLengthMax, form.length);
  let branch = index.root;
  for (let at = 0; at < form.length; at++) {
    splitTail(index, branch);
    if (branch.next === undefined) {
      branch.tail = { form, from: at, find, firstState: index.nextState };
      index.nextState += form.length - at;
      return;
    }
    branch = branch.next.get(form.charCodeAt(at)) ?? addBranch(index, branch, form.charCodeAt(at));
  }
  if (branch.find === undefined || branch.find.secretLength < find.secretLength) branch.find = find;
}

/** Makes the first unit of a tail a branch, so that another form can go on beside it. */
function splitTail(index: FormIndex, branch: Branch): void {
  const { tail } = branch;
  if (tail === undefined) return;
  branch.tail = undefined;
  const next = addBranch(index, branch, tail.form.charCodeAt(tail.from));
  const from = tail.from + 1;
  if (from === tail.form.length) next.find = tail.find;
  else next.tail = { ...tail, from, firstState: tail.firstState + 1 };
}

function addBranch(index: FormIndex, parent: Branch, unit: number): Branch {
  const branch: Branch = { state: index.nextState++, next: undefined, tail: undefined, find: undefined };
  parent.next ??= new Map();
  parent.next.set(unit, branch);
  return branch;
}

/** What ends at a cursor. */
export function findAt({ branch, read }: Cursor): Find | undefined {
  if (read === 0) return branch.find;
  const { tail } = branch;
  return tail !== undefined && tail.from + read === tail.form.length ? tail.find : undefined;
}

/** Takes a cursor on by one unit; false, and the cursor as it was, when no form goes on with it. */
export function advance(cursor: Cursor, unit: number): boolean {
  const { branch, read } = cursor;
  const { tail } = branch;
  if (tail !== undefined) {
    if (tail.form.charCodeAt(tail.from + read) !== unit) return false;
    cursor.read = read + 1;
    return true;
  }
  const next = branch.next?.get(unit);
  if (next === undefined) return false;
  cursor.branch = next;
  cursor.read = 0;
  return true;
}

/** A number that stands for the place of this cursor alone. */
export function stateOf({ branch, read }: Cursor): number {
  return read === 0 || branch.tail === undefined ? branch.state : branch.tail.firstState + read - 1;
}
