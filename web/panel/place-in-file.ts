/** Where in a scenario file an error is: `line 12, task[0].do[1].rate`. */
export interface PlaceInFile {
  line: number;
  field: string;
}

export function placeInFile(field: string): PlaceInFile | undefined {
  const [, line, rest = ''] = /^line (\d+)(?:, (.*))?$/.exec(field) ?? [];
  return line === undefined ? undefined : { line: Number(line), field: rest };
}

/** From where to where a line goes in a text; lines count from 1. */
export function lineRange(text: string, line: number): [start: number, end: number] {
  const lines = text.split('\n');
  const before = lines.slice(0, line - 1);
  const start = before.reduce((sum, { length }) => sum + length + 1, 0);
  return [Math.min(start, text.length), Math.min(start + (lines[line - 1]?.length ?? 0), text.length)];
}
