// Numbers as the page writes them: the kernel's pages and page frame numbers, and sizes with their units.

/** 52 310: groups of three with narrow no-break spaces, as tables and canvases can hold them. */
export function grouped(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
}

/** A page frame number the way the kernel's messages print it. */
export function hex(value: number): string {
  return `0x${value.toString(16)}`;
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A count of 4 KiB pages as a size: at most three figures and a unit. */
export function size(pages: number): string {
  let value = pages * 4;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)}\u202f${UNITS[unit]}`;
}
