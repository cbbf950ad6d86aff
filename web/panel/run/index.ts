// All that a scenario needs on the page, fetched when the tab is first opened.

import '../../style/run.css';

export { RunBar } from './bar.tsx';
export { DecisionsPanel } from './decisions.tsx';
export { ReclaimPanel } from './reclaim.tsx';
export { Scenarios } from './scenarios.tsx';
