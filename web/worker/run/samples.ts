import type { RunColumn, RunSamples } from '../model.ts';

/** What a series is called, of what. */
export function columnKey({ name, node, zone }: Pick<RunColumn, 'name' | 'node' | 'zone'>): string {
  return zone !== undefined ? `${name}@z${zone}` : node !== undefined ? `${name}@n${node}` : name;
}

/** The rows of a run. */
export class Samples {
  ms: number[] = [];
  private readonly columns = new Map<string, number[]>();

  /** The place of the next row to ask for. */
  get next(): number {
    return this.ms.length;
  }

  take({ first, ms, columns }: RunSamples): void {
    if (ms.length === 0 || first > this.ms.length) return;
    this.ms.length = first;
    this.ms.push(...ms);
    for (const column of columns) {
      const key = columnKey(column);
      const values = this.columns.get(key) ?? [];
      // Rows from before the series began.
      while (values.length < first) values.push(0);
      values.length = first;
      values.push(...column.values);
      this.columns.set(key, values);
    }
  }

  of(name: string, where: { node?: number; zone?: number } = {}): readonly number[] {
    return this.columns.get(columnKey({ name, ...where })) ?? [];
  }

  /** The last row at or before a time, −1 if there is none. */
  rowAt(ms: number): number {
    let low = 0;
    let high = this.ms.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.ms[middle] ?? 0) <= ms) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }
}
