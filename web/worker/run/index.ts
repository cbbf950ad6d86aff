// All that a scenario needs in the worker, fetched when one is first opened.

export { runPainters } from './painters.ts';
export { RunPlayer } from './player.ts';
