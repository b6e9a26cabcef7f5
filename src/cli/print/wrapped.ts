/**
 * A text in lines of at most so many characters, broken between words where that is possible, all of them indented.
 * @param width of the terminal; `undefined`: it is none, and a text is one line
 */
export function wrapped(text: string, indent: number, width: number | undefined): string {
  const before = " ".repeat(indent);
  if (width === undefined) return `${before}${text}`;
  const room = Math.max(ROOM_MIN, width - indent);
  const lines: string[] = [];
  let line = "";
  for (const word of text
    .trimEnd()
    .split(" ")
    .flatMap((it) => pieces(it, room))) {
    if (line !== "" && line.length + 1 + word.length > room) {
      lines.push(line);
      line = word;
    } else line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line].map((it) => `${before}${it}`).join("\n");
}

/** A terminal that is narrower than this breaks lines by itself. */
const ROOM_MIN = 20;

function pieces(word: string, room: number): readonly string[] {
  if (word.length <= room) return [word];
  // Whole characters: half of one would be escaped or shown as a question mark.
  return word.match(new RegExp(`.{1,${room}}`, "gsu")) ?? [word];
}
