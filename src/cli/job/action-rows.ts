import type { Action } from "../../model/action.ts";
import { cellText } from "../print/cell-text.ts";
import { visible } from "../print/visible.ts";
import { actionWords, termWords } from "./action-words.ts";

/** Free text of a term that is shown: the document itself has the rest. */
const TERMS_LENGTH_MAX = 160;

/** A list of actions as lines of a table: number, name, what it does, on what terms. Actions inside others follow them. */
export function actionRows(actions: readonly Action[], prefix = ""): readonly (readonly string[])[] {
  return actions.flatMap((action, index) => {
    const number = `${prefix}${index + 1}`;
    const row = [
      number,
      cellText(action.name ?? "-"),
      visible(actionWords(action)),
      cellText(termWords(action), TERMS_LENGTH_MAX),
    ];
    if (action.type !== "for_each") return [row];
    return [
      row,
      ...actionRows(action.actions, `${number}.`),
      ...actionRows(action.onFailure, `${number} on failure `),
      ...actionRows(action.finally, `${number} finally `),
    ];
  });
}
